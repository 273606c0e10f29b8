DROP FUNCTION IF EXISTS lock_show, lock_shows, write_batch, write_changes;
DROP TABLE check_ins, outbox, payments, idempotency, snapshots, journal, orders, order_blocks, zones, seats, journal_heads, shows, plans, organiser_keys, office;
