-- The uses of a code, as they were booked. Orders without one are not in it.
CREATE INDEX CONCURRENTLY orders_by_code ON orders (show_id, code_id, booked_offset) WHERE code_id IS NOT NULL;
