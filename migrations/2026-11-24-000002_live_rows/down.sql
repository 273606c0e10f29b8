DROP INDEX payments_one_live;
ALTER TABLE payments DROP COLUMN is_live;
CREATE UNIQUE INDEX payments_one_live ON payments (show_id, order_id) WHERE state IN (1, 2, 3);

DROP INDEX orders_live;
ALTER TABLE orders DROP COLUMN is_live;
CREATE INDEX orders_live ON orders (show_id, order_id) WHERE state IN (1, 2);
