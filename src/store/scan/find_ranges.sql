-- Whose orders these are, of whichever show.
SELECT k.order_id, r.show_id FROM unnest(:orders) AS k (order_id)
CROSS JOIN LATERAL (
    SELECT a.* FROM order_ranges a WHERE a.first_number <= k.order_id ORDER BY a.first_number DESC LIMIT 1
) r
WHERE k.order_id < r.first_number + r.numbers
