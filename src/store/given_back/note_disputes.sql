INSERT INTO disputes AS d (show_id, payment_id, dispute_id, reference, amount, currency, state, created_at, changed_at)
SELECT p.show_id, p.payment_id, t.dispute_id, t.reference, t.amount, p.currency, t.state, clock_timestamp(), clock_timestamp()
FROM payments p CROSS JOIN unnest(:dispute, :amount, :reference, :state) AS t (dispute_id, amount, reference, state)
WHERE p.show_id = :show AND p.payment_id = :payment
ON CONFLICT ON CONSTRAINT disputes_pkey DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
WHERE d.state <> excluded.state
RETURNING d.reference, d.amount, d.currency, d.state
