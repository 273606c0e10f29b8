-- As list, of a session's: of more orders than are looked at, the oldest are passed over. See own_orders/list.sql for how.
SELECT NULL::bigint, NULL::bigint, o.order_id, o.booked_offset
FROM (
    SELECT s.show_id, s.order_id, s.booked_offset, s.code_id,
           CASE WHEN s.state = 1 AND s.kept_until <= clock_timestamp() THEN 4::smallint ELSE s.state END AS state
    FROM orders s
    WHERE s.session_id BETWEEN :session AND :session
    ORDER BY s.session_id DESC
    LIMIT :looked_at_max
) o
WHERE o.show_id = :show AND o.booked_offset > :above AND o.booked_offset < :below
    AND (:state::smallint IS NULL OR o.state = :state)
    AND (:code::text IS NULL OR o.code_id = (SELECT c.code_id FROM codes c WHERE c.show_id = :show AND c.word = :code))
ORDER BY o.booked_offset * :direction
LIMIT :limit
