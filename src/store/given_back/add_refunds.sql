INSERT INTO refunds (show_id, refund_id, payment_id, order_id, amount, currency, state, created_at, changed_at, reference)
SELECT p.show_id, t.refund_id, p.payment_id, p.order_id, t.amount, p.currency, 1, clock_timestamp(), clock_timestamp(), t.reference
FROM payments p CROSS JOIN unnest(:refund, :amount, :reference) AS t (refund_id, amount, reference)
WHERE p.show_id = :show AND p.payment_id = :payment
ON CONFLICT DO NOTHING
