-- Whatever moves a payment on moves the ledger in the same transaction. An entry that is there stays as it is.
CREATE FUNCTION post_payments_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- Settled at once: the money goes from the buyer to the provider without having been set aside.
        INSERT INTO ledger (show_id, payment_id, entry, debit, credit, amount, currency, at)
        SELECT p.show_id, p.payment_id, 'captured', 'provider', 'buyer', p.amount, p.currency, p.changed_at
        FROM changed p WHERE p.state = 3;
        RETURN NULL;
    END IF;
    INSERT INTO ledger (show_id, payment_id, entry, debit, credit, amount, currency, at)
    SELECT p.show_id, p.payment_id, e.entry, e.debit, e.credit, e.amount, p.currency, p.changed_at
    FROM changed p CROSS JOIN LATERAL (
        VALUES ('authorised', 'authorised', 'buyer', p.amount, (p.authorised_at IS NOT NULL OR p.state IN (2, 3, 7)) AND NOT EXISTS (
                   SELECT 1 FROM ledger l WHERE l.show_id = p.show_id AND l.payment_id = p.payment_id AND l.entry = 'captured')),
               ('voided', 'buyer', 'authorised', p.amount, p.state = 5 AND EXISTS (
                   SELECT 1 FROM ledger l WHERE l.show_id = p.show_id AND l.payment_id = p.payment_id AND l.entry = 'authorised')),
               ('captured', 'provider', 'authorised', p.amount, p.state IN (3, 7)),
               ('fee', 'fees', 'provider', p.fee, p.state IN (3, 7) AND p.fee > 0)
    ) AS e (entry, debit, credit, amount, is_due)
    WHERE e.is_due
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE TRIGGER post_new_payments AFTER INSERT ON payments REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_payments_1();
CREATE TRIGGER post_changed_payments AFTER UPDATE ON payments REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_payments_1();
