-- A refund that is done moves the ledger in the same transaction. An entry that is there stays as it is.
CREATE FUNCTION post_refunds_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger (show_id, payment_id, entry, refund_id, debit, credit, amount, currency, at)
    SELECT r.show_id, r.payment_id, 'refunded', r.refund_id, 'buyer', 'provider', r.amount, r.currency, r.changed_at
    FROM changed r WHERE r.state = 2
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER post_changed_refunds AFTER UPDATE ON refunds REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_refunds_1();
