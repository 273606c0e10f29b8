-- The newest first. Few of them may be what is asked for: no more than these are looked at for a page.
WITH looked_at AS (
    SELECT o.show_id, o.order_id, o.created_at,
           CASE WHEN o.state = 1 AND o.kept_until <= clock_timestamp() THEN 4::smallint ELSE o.state END AS state
    FROM orders o
    WHERE o.session_id = :session
        AND (o.created_at, o.order_id) < (coalesce(:before::timestamptz, 'infinity'), coalesce(:before_order::bigint, 9223372036854775807))
    ORDER BY o.created_at DESC, o.order_id DESC
    LIMIT :looked_at_max
)
SELECT l.number, e.created_at, e.order_id, f.show_id, f.order_id, f.created_at
FROM (SELECT count(*) AS number FROM looked_at) l
LEFT JOIN LATERAL (
    SELECT a.created_at, a.order_id FROM looked_at a ORDER BY a.created_at, a.order_id LIMIT 1
) e ON true
LEFT JOIN LATERAL (
    SELECT a.show_id, a.order_id, a.created_at FROM looked_at a
    WHERE (:show::bigint IS NULL OR a.show_id = :show) AND (:state::smallint IS NULL OR a.state = :state)
    ORDER BY a.created_at DESC, a.order_id DESC
    LIMIT :limit
) f ON true
ORDER BY f.created_at DESC, f.order_id DESC
