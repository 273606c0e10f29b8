DROP TABLE ledger, cancellations, notices, check_ins, outbox, refunds, payments, idempotency, snapshots, journal, orders, order_ranges,
    zones, seats, journal_heads, shows, plans, organiser_keys, nodes, office;

-- Functions and their types, whatever their versions: each name ends in one.
DO $$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT p.oid::regprocedure AS function FROM pg_proc p
        WHERE p.pronamespace = current_schema()::regnamespace AND p.proname ~ '_[0-9]+$'
    LOOP
        EXECUTE 'DROP ROUTINE ' || made.function;
    END LOOP;
    FOR made IN
        SELECT t.oid::regtype AS type FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid
        WHERE t.typnamespace = current_schema()::regnamespace AND c.relkind = 'c' AND t.typname ~ '_[0-9]+$'
    LOOP
        EXECUTE 'DROP TYPE ' || made.type || ' CASCADE';
    END LOOP;
END
$$;
