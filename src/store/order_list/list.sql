-- Few orders may be what is asked for: no more than these are looked at for a page.
WITH looked_at AS (
    SELECT o.order_id, o.session_id, o.created_at, o.expires_at, o.total, o.seats, o.zones,
           CASE WHEN o.state = 1 AND o.kept_until <= clock_timestamp() THEN 4::smallint ELSE o.state END AS state
    FROM orders o
    WHERE o.show_id = :show AND o.order_id > :after
    ORDER BY o.order_id
    LIMIT :looked_at_max
)
SELECT l.number, l.last, f.order_id, f.session_id, f.state, f.created_at, f.expires_at, f.total, f.seats, f.zones
FROM (SELECT count(*) AS number, max(a.order_id) AS last FROM looked_at a) l
LEFT JOIN LATERAL (
    SELECT a.* FROM looked_at a
    WHERE (:state::smallint IS NULL OR a.state = :state) AND (:session::uuid IS NULL OR a.session_id = :session)
    ORDER BY a.order_id
    LIMIT :limit
) f ON true
ORDER BY f.order_id
