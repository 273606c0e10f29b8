-- Few orders may be what is asked for: no more than these are looked at for a page.
WITH looked_at AS (
    SELECT o.order_id, o.booked_offset, o.session_id, o.created_at, o.expires_at, o.total, o.seats, o.zones,
           CASE WHEN o.state = 1 AND o.kept_until <= clock_timestamp() THEN 4::smallint ELSE o.state END AS state
    FROM orders o
    WHERE o.show_id = :show AND o.booked_offset > :after
    ORDER BY o.booked_offset
    LIMIT :looked_at_max
)
SELECT l.number, l.last, f.order_id, f.booked_offset, f.session_id, f.state, f.created_at, f.expires_at, f.total, f.seats, f.zones
FROM (SELECT count(*) AS number, max(a.booked_offset) AS last FROM looked_at a) l
LEFT JOIN LATERAL (
    SELECT a.* FROM looked_at a
    WHERE (:state::smallint IS NULL OR a.state = :state) AND (:session::uuid IS NULL OR a.session_id = :session)
    ORDER BY a.booked_offset
    LIMIT :limit
) f ON true
ORDER BY f.booked_offset
