-- The uses of a code. Orders without one are not in it.
CREATE INDEX CONCURRENTLY orders_by_code ON orders (show_id, code_id) WHERE code_id IS NOT NULL;
