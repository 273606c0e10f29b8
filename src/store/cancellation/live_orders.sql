SELECT order_id, state FROM orders WHERE show_id = :show AND is_live AND order_id > :after ORDER BY order_id LIMIT :limit
