-- What a new order is in exchange for: another order's tickets, and what they were worth. NULL: nothing.
ALTER TABLE orders ADD COLUMN exchange_of bigint;
ALTER TABLE orders ADD COLUMN exchange_tickets smallint[];
ALTER TABLE orders ADD COLUMN exchange_credit bigint;
-- The last order that was paid in exchange for tickets of this one. NULL: none.
ALTER TABLE orders ADD COLUMN exchanged_for bigint;
-- What an order has of an older payment, whose tickets it was exchanged for.
CREATE TABLE order_credits (
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    -- What of it has gone back, or has become another order's.
    used bigint NOT NULL CHECK (used BETWEEN 0 AND amount),
    PRIMARY KEY (show_id, order_id, payment_id)
);
-- The condition holds wherever there is a credit to use; it keeps statements by the key from taking this index.
CREATE INDEX order_credits_payment ON order_credits (show_id, payment_id) WHERE amount > 0;
-- The payments that paid orders have money of.
CREATE VIEW order_money AS
SELECT o.show_id, o.order_id, o.payment_id FROM orders o
UNION ALL
SELECT c.show_id, c.order_id, c.payment_id FROM order_credits c WHERE c.used < c.amount;
