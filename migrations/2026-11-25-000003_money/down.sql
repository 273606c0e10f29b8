DROP TABLE ledger, cancellations, notices CASCADE;
DROP TRIGGER post_new_payments ON payments;
DROP TRIGGER post_changed_payments ON payments;
DROP TABLE refunds;
DROP FUNCTION keep_ledger;
DROP FUNCTION post_payments;
DROP FUNCTION post_refunds;

DROP INDEX outbox_dead;
-- The version before knows refunds of whole payments alone.
DELETE FROM outbox a USING payments p WHERE p.show_id = a.show_id AND p.payment_id = a.payment_id AND a.action = 4 AND p.state <> 7;
DELETE FROM outbox a USING outbox b WHERE b.show_id = a.show_id AND b.payment_id = a.payment_id AND b.refund_id < a.refund_id;
ALTER TABLE outbox DROP CONSTRAINT outbox_pkey;
ALTER TABLE outbox DROP COLUMN refund_id, DROP COLUMN key_round, DROP COLUMN dead_at, ADD CONSTRAINT outbox_pkey PRIMARY KEY (show_id, payment_id);

DROP INDEX payments_reference;
ALTER TABLE payments DROP COLUMN reference, DROP COLUMN action_url, DROP COLUMN return_url, DROP COLUMN authorised_at, DROP COLUMN fee;
ALTER TABLE journal DROP COLUMN tickets;
ALTER TABLE orders DROP COLUMN returned_tickets;
ALTER TABLE journal_heads DROP COLUMN is_canceled;
ALTER TABLE shows DROP COLUMN honours_late, DROP COLUMN payment_window_ms, DROP COLUMN returns_until;
