DELETE FROM check_ins c USING unnest(:order::bigint[], :ticket::smallint[]) AS k (order_id, ticket)
WHERE c.show_id = :show AND c.order_id = k.order_id AND c.ticket = k.ticket
