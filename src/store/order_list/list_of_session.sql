-- As list, of a session's. One has few orders on a show: of more than these, the oldest are passed over.
SELECT NULL::bigint, NULL::bigint, o.order_id, o.booked_offset
FROM (
    SELECT s.order_id, s.booked_offset, s.code_id,
           CASE WHEN s.state = 1 AND s.kept_until <= clock_timestamp() THEN 4::smallint ELSE s.state END AS state
    FROM orders s
    WHERE s.session_id = :session AND s.show_id = :show
    ORDER BY s.created_at DESC, s.order_id DESC
    LIMIT :looked_at_max
) o
WHERE o.booked_offset > :above AND o.booked_offset < :below AND (:state::smallint IS NULL OR o.state = :state)
    AND (:code::text IS NULL OR o.code_id = (SELECT c.code_id FROM codes c WHERE c.show_id = :show AND c.word = :code))
ORDER BY o.booked_offset * :direction
LIMIT :limit
