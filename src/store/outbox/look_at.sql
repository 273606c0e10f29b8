INSERT INTO outbox AS b (show_id, payment_id, action, due_at, provider)
SELECT p.show_id, p.payment_id, 1, clock_timestamp(), p.provider FROM payments p
WHERE p.show_id = :show AND p.payment_id = :payment AND p.state IN (3, 7, 8)
ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET due_at = least(b.due_at, excluded.due_at)
    WHERE b.action = 1 AND b.dead_at IS NULL
