SELECT k.place, c.at FROM unnest(:orders, :tickets) WITH ORDINALITY AS k (order_id, ticket, place)
CROSS JOIN LATERAL (
    SELECT a.* FROM check_ins a WHERE a.show_id = :show AND a.order_id = k.order_id AND a.ticket = k.ticket OFFSET 0
) c
