-- Nothing in the ledger is ever changed; what is in it is forgotten after its show.
CREATE FUNCTION keep_ledger_2() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM shows s WHERE s.show_id = OLD.show_id) THEN
        RAISE EXCEPTION 'the ledger is only added to' USING CONSTRAINT = 'ledger_is_append_only';
    END IF;
    RETURN OLD;
END
$$;
DROP TRIGGER ledger_is_append_only ON ledger;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION keep_ledger_1();
CREATE TRIGGER ledger_outlives_its_show BEFORE DELETE ON ledger
FOR EACH ROW EXECUTE FUNCTION keep_ledger_2();
