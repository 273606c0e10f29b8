-- Tasks are taken by provider: those of one that is left alone cost nothing.
ALTER TABLE outbox ADD COLUMN provider text NOT NULL DEFAULT '';
UPDATE outbox b SET provider = p.provider FROM payments p WHERE p.show_id = b.show_id AND p.payment_id = b.payment_id;
CREATE INDEX outbox_of_provider ON outbox (provider, action, due_at);
DROP INDEX outbox_due;

-- For whoever writes a task without it.
CREATE FUNCTION name_provider() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT p.provider INTO NEW.provider FROM payments p WHERE p.show_id = NEW.show_id AND p.payment_id = NEW.payment_id;
    NEW.provider := coalesce(NEW.provider, '');
    RETURN NEW;
END
$$;
CREATE TRIGGER name_provider BEFORE INSERT ON outbox FOR EACH ROW
WHEN (NEW.provider = '') EXECUTE FUNCTION name_provider();

-- Kind 4 is `paid`, of which an order has one at most: its offset is part of the payment's answer.
CREATE INDEX journal_paid ON journal (show_id, order_id) WHERE kind = 4;
