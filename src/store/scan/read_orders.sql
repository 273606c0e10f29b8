-- The bank has the money unless the organiser has won it back.
SELECT k.order_id, o.state, o.seats, o.zones, o.returned_tickets, o.settled_at,
    (SELECT min(d.created_at) FROM disputes d WHERE d.show_id = o.show_id AND d.payment_id = o.payment_id AND d.state <> 2),
    coalesce(o.transferred_tickets, '{}')
FROM unnest(:orders) AS k (order_id)
-- OFFSET 0 keeps the planner from reading all orders and comparing them with each that is asked for.
CROSS JOIN LATERAL (SELECT a.* FROM orders a WHERE a.show_id = :show AND a.order_id = k.order_id OFFSET 0) o
