DROP INDEX journal_paid;
DROP TRIGGER name_provider ON outbox;
DROP FUNCTION name_provider();
CREATE INDEX outbox_due ON outbox (due_at);
ALTER TABLE outbox DROP COLUMN provider;
