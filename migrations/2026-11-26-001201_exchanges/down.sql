DROP VIEW order_money;
DROP TABLE order_credits;
ALTER TABLE orders DROP COLUMN exchanged_for;
ALTER TABLE orders DROP COLUMN exchange_credit;
ALTER TABLE orders DROP COLUMN exchange_tickets;
ALTER TABLE orders DROP COLUMN exchange_of;
