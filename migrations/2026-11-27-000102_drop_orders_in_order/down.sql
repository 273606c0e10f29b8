CREATE INDEX CONCURRENTLY orders_in_order ON orders (show_id, booked_offset);
