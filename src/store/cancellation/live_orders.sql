SELECT order_id, state FROM orders WHERE show_id = :show AND state IN (1, 2) AND order_id > :after ORDER BY order_id LIMIT :limit
