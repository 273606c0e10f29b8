-- From the oldest on (direction 1) or from the newest (-1). Few orders may be what is asked for: no more than these are looked at
-- for a page. That offsets are above 0 is what orders_by_offset needs to be told.
WITH looked_at AS (
    (
        SELECT o.order_id, o.booked_offset, o.state, o.kept_until FROM orders o
        WHERE :direction = 1 AND o.show_id = :show AND o.booked_offset > :above AND o.booked_offset < :below
            AND o.booked_offset > 0
        ORDER BY o.booked_offset
        LIMIT :looked_at_max
    )
    UNION ALL
    (
        SELECT o.order_id, o.booked_offset, o.state, o.kept_until FROM orders o
        WHERE :direction = -1 AND o.show_id = :show AND o.booked_offset > :above AND o.booked_offset < :below
            AND o.booked_offset > 0
        ORDER BY o.booked_offset DESC
        LIMIT :looked_at_max
    )
)
SELECT l.number, l.last, f.order_id, f.booked_offset
FROM (SELECT count(*) AS number, max(a.booked_offset * :direction) * :direction AS last FROM looked_at a) l
LEFT JOIN LATERAL (
    SELECT a.order_id, a.booked_offset FROM looked_at a
    WHERE :state::smallint IS NULL
        OR CASE WHEN a.state = 1 AND a.kept_until <= clock_timestamp() THEN 4::smallint ELSE a.state END = :state
    ORDER BY a.booked_offset * :direction
    LIMIT :limit
) f ON true
ORDER BY f.booked_offset * :direction
