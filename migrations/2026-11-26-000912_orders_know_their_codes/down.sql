ALTER TABLE orders DROP COLUMN code_id;
