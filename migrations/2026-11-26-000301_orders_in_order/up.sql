-- A show's orders are listed in the order in which they were booked: their numbers are leased in blocks, by several nodes.
CREATE INDEX CONCURRENTLY orders_in_order ON orders (show_id, booked_offset);
