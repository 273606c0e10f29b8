SELECT EXISTS (SELECT 1 FROM idempotency i WHERE i.show_id = :show AND i.scope = :scope AND i.key = :key), p.payment_id
FROM orders o
LEFT JOIN payments p ON p.show_id = o.show_id AND p.order_id = o.order_id AND p.is_live AND p.state = 1 AND p.action_url IS NOT NULL
WHERE o.show_id = :show AND o.order_id = :order AND o.session_id = :session
