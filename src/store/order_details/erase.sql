DELETE FROM order_details WHERE show_id = :show AND order_id = :order
