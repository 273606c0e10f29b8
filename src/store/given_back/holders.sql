-- The order that a payment paid, and those that have some of it since they were exchanged for others.
SELECT p.order_id FROM payments p WHERE p.show_id = :show AND p.payment_id = :payment
UNION ALL
SELECT c.order_id FROM order_credits c WHERE c.show_id = :show AND c.payment_id = :payment AND c.used < c.amount AND c.amount > 0
