SELECT r.show_id FROM (
    SELECT * FROM order_ranges WHERE first_number <= :order ORDER BY first_number DESC LIMIT 1
) r
WHERE :order < r.first_number + r.numbers
