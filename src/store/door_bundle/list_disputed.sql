SELECT p.order_id FROM (
    SELECT d.payment_id, max(d.created_at) AS at FROM disputes d WHERE d.show_id = :show AND d.state <> 2 GROUP BY d.payment_id
) d JOIN payments p ON p.show_id = :show AND p.payment_id = d.payment_id
ORDER BY d.at DESC LIMIT :limit
