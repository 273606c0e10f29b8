-- The offset of the event that says so, where it is paid: the answer to its payment names it, whenever it is asked for.
ALTER TABLE orders ADD COLUMN paid_offset bigint;
-- The idempotency key that it was begun under: whoever ends the payment gives the final answer to it.
ALTER TABLE payments ADD COLUMN key_scope uuid, ADD COLUMN key text;

-- Order numbers are leased in ranges, each of one show, so a number alone tells its show. A range ends where the next one
-- begins.
ALTER TABLE office DROP COLUMN next_order_block;
-- References have room for 2^40 numbers.
ALTER TABLE office ADD COLUMN next_order_number bigint NOT NULL DEFAULT 1024 CHECK (next_order_number <= 1099511627776);
DROP TABLE order_blocks;
CREATE TABLE order_ranges (
    first_number bigint PRIMARY KEY,
    show_id bigint NOT NULL
);
