-- Nothing in the ledger is ever changed.
CREATE FUNCTION keep_ledger_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to' USING CONSTRAINT = 'ledger_is_append_only';
END
$$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION keep_ledger_1();
