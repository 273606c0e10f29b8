DROP TABLE order_ranges;
ALTER TABLE office DROP COLUMN next_order_number;
ALTER TABLE office ADD COLUMN next_order_block bigint NOT NULL DEFAULT 1;
CREATE TABLE order_blocks (
    block bigint PRIMARY KEY CHECK (block BETWEEN 1 AND 1073741822),
    show_id bigint NOT NULL
);
ALTER TABLE payments DROP COLUMN key_scope, DROP COLUMN key;
ALTER TABLE orders DROP COLUMN paid_offset;
