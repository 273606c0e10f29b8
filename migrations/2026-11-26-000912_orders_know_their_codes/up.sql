-- The code that it was made with. NULL: none.
ALTER TABLE orders ADD COLUMN code_id bigint;
