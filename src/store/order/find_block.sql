SELECT show_id FROM order_blocks WHERE block = :block
