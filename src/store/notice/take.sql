WITH fresh AS (
    INSERT INTO notices (provider, event) VALUES (:provider, :event) ON CONFLICT DO NOTHING RETURNING true
),
about AS (
    SELECT p.show_id, p.payment_id, p.state FROM payments p
    WHERE p.show_id = :show AND p.payment_id = :payment AND p.provider = :provider
    UNION
    SELECT p.show_id, p.payment_id, p.state FROM payments p WHERE p.provider = :provider AND p.reference = :reference
)
-- What is under way is looked at now. What ended without money is looked at too: there should be none.
INSERT INTO outbox AS b (show_id, payment_id, action, due_at)
SELECT a.show_id, a.payment_id, 1, clock_timestamp() FROM about a, fresh WHERE a.state IN (1, 5, 6)
ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET due_at = least(b.due_at, excluded.due_at)
    WHERE b.action = 1 AND b.dead_at IS NULL
