-- A dispute takes its money from the provider's account; one that is won brings it back. An entry that is there stays as it is.
CREATE FUNCTION post_disputes_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger (show_id, payment_id, entry, refund_id, debit, credit, amount, currency, at)
    SELECT d.show_id, d.payment_id, e.entry, d.dispute_id, e.debit, e.credit, d.amount, d.currency, d.changed_at
    FROM changed d CROSS JOIN LATERAL (
        VALUES ('disputed', 'buyer', 'provider', true),
               ('reinstated', 'provider', 'buyer', d.state = 2)
    ) AS e (entry, debit, credit, is_due)
    WHERE e.is_due
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER post_new_disputes AFTER INSERT ON disputes REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_disputes_1();
CREATE TRIGGER post_changed_disputes AFTER UPDATE ON disputes REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_disputes_1();
