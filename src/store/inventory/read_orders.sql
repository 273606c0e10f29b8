SELECT o.order_id, o.state, o.session_id, o.expires_at, o.kept_until, o.created_at, o.total, o.booked_offset,
       o.seats, o.zones, o.returned_tickets, o.code_id, o.label
FROM (
    SELECT order_id FROM seats WHERE show_id = :show AND order_id IS NOT NULL
    UNION
    SELECT order_id FROM orders WHERE show_id = :show AND has_live_zones
) live
-- OFFSET 0 keeps the planner from reading all orders and comparing them.
CROSS JOIN LATERAL (SELECT a.* FROM orders a WHERE a.show_id = :show AND a.order_id = live.order_id OFFSET 0) o
