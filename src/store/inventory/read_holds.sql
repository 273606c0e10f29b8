-- Found by the places that are held: those are few, however many orders have ended.
SELECT o.booked_offset, o.seats, o.zones, o.expires_at
FROM (
    SELECT order_id FROM seats WHERE show_id = :show AND state = 1
    UNION
    SELECT order_id FROM orders WHERE show_id = :show AND has_live_zones
) live
-- OFFSET 0 keeps the planner from reading all orders and comparing them.
CROSS JOIN LATERAL (SELECT a.* FROM orders a WHERE a.show_id = :show AND a.order_id = live.order_id OFFSET 0) o
WHERE o.state = 1 AND o.kept_until > clock_timestamp() AND o.booked_offset > :after
ORDER BY o.booked_offset LIMIT :limit
