-- The newest first. Of a session that has more orders than are looked at, the oldest are passed over: the index has the rows of one
-- session in the order in which they stand in the table, and is read backwards. An equality would let the planner forget that order.
WITH own AS (
    SELECT o.show_id, o.order_id, o.created_at,
           CASE WHEN o.state = 1 AND o.kept_until <= clock_timestamp() THEN 4::smallint ELSE o.state END AS state
    FROM orders o
    WHERE o.session_id BETWEEN :session AND :session
    ORDER BY o.session_id DESC
    LIMIT :looked_at_max
)
SELECT a.show_id, a.order_id, a.created_at FROM own a
WHERE (a.created_at, a.order_id) < (coalesce(:before::timestamptz, 'infinity'), coalesce(:before_order::bigint, 9223372036854775807))
    AND (:show::bigint IS NULL OR a.show_id = :show) AND (:state::smallint IS NULL OR a.state = :state)
ORDER BY a.created_at DESC, a.order_id DESC
LIMIT :limit
