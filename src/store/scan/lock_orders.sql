-- Whoever ends an order or gives tickets back has to have its lock, and so has a node of the version before that checks one in.
SELECT o.order_id FROM unnest(:orders) AS k (order_id)
CROSS JOIN LATERAL (
    SELECT a.order_id FROM orders a WHERE a.show_id = :show AND a.order_id = k.order_id FOR NO KEY UPDATE
) o
