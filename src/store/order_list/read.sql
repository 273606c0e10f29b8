SELECT o.order_id, o.booked_offset, o.session_id, o.state, o.created_at, o.expires_at, o.total, o.seats, o.zones, o.returned_tickets,
       o.prices, coalesce(o.transferred_tickets, '{}')
FROM unnest(:orders) WITH ORDINALITY AS k (order_id, position)
CROSS JOIN LATERAL (
    SELECT a.order_id, a.booked_offset, a.session_id, a.created_at, a.expires_at, a.total, a.seats, a.zones, a.returned_tickets, a.prices,
           a.transferred_tickets,
           CASE WHEN a.state = 1 AND a.kept_until <= clock_timestamp() THEN 4::smallint ELSE a.state END AS state
    FROM orders a WHERE a.show_id = :show AND a.order_id = k.order_id
    OFFSET 0
) o
ORDER BY k.position
