SELECT show_id FROM order_ranges WHERE first_number <= :order ORDER BY first_number DESC LIMIT 1
