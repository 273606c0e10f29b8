SELECT p.order_id FROM (
    SELECT d.payment_id, max(d.created_at) AS at FROM disputes d WHERE d.show_id = :show AND d.state <> 2 GROUP BY d.payment_id
) d
CROSS JOIN LATERAL (
    SELECT a.order_id FROM payments a WHERE a.show_id = :show AND a.payment_id = d.payment_id
    UNION ALL
    -- Those that have some of it since they were exchanged for others.
    SELECT c.order_id FROM order_credits c
    WHERE c.show_id = :show AND c.payment_id = d.payment_id AND c.used < c.amount AND c.amount > 0
) p
ORDER BY d.at DESC LIMIT :limit
