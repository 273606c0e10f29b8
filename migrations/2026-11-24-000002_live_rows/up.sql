-- A held order that is paid, and a payment on its way to its money, stay live: with their state out of every index, such
-- an update writes no index at all (heap-only), and no partial index is taken for a way to all rows of one state.
ALTER TABLE orders ADD COLUMN is_live boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2)) STORED;
DROP INDEX orders_live;
-- A node that takes a show up reads its live orders alone, however many have ended.
CREATE INDEX orders_live ON orders (show_id, order_id) WHERE is_live;

ALTER TABLE payments ADD COLUMN is_live boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2, 3)) STORED;
DROP INDEX payments_one_live;
-- At most one payment of an order may be under way or have its money.
CREATE UNIQUE INDEX payments_one_live ON payments (show_id, order_id) WHERE is_live;

-- Nobody calls it any more: `lock_shows` has taken its place.
DROP FUNCTION IF EXISTS lock_show;
