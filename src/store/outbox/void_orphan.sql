-- Money that is set aside though its payment was given up, or was thought to be refused: it is released.
WITH found AS (
    UPDATE payments p SET state = 4, changed_at = clock_timestamp(), authorised_at = clock_timestamp(), reference = :reference
    WHERE p.show_id = :show AND p.payment_id = :payment AND (p.state = 6 OR p.state = 5 AND p.authorised_at IS NULL)
    RETURNING p.show_id, p.payment_id, p.changed_at, p.provider
)
INSERT INTO outbox (show_id, payment_id, action, due_at, provider)
SELECT f.show_id, f.payment_id, 3, f.changed_at, f.provider FROM found f
ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET action = 3, attempts = 0, due_at = excluded.due_at, dead_at = NULL
