SELECT FROM orders WHERE show_id = :show AND order_id = :order FOR NO KEY UPDATE
