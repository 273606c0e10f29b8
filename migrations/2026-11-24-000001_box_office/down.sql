DROP FUNCTION IF EXISTS lock_show(bigint, uuid[], text[]);
DROP TABLE check_ins, outbox, payments, idempotency, snapshots, journal, orders, order_blocks, zones, seats, journal_heads, shows, plans, organiser_keys, office;
