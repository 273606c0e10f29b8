ALTER TABLE orders DROP COLUMN was_extended;
ALTER TABLE orders DROP COLUMN prices;
