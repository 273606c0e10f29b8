SELECT o.order_id, o.state, o.seats, o.zones, o.returned_tickets,
    EXISTS (SELECT FROM disputes d WHERE d.show_id = o.show_id AND d.payment_id = o.payment_id AND d.state <> 2),
    ARRAY(SELECT c.ticket FROM check_ins c WHERE c.show_id = o.show_id AND c.order_id = o.order_id),
    coalesce(o.transferred_tickets, '{}')
FROM unnest(:orders) WITH ORDINALITY AS k (order_id, place)
CROSS JOIN LATERAL (SELECT a.* FROM orders a WHERE a.show_id = :show AND a.order_id = k.order_id OFFSET 0) o
ORDER BY k.place
