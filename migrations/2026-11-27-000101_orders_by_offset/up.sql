-- Takes the place of orders_in_order. All orders are in it, as no offset is less than 1; but only a statement that says so can use
-- it. Of two indexes that begin with show_id PostgreSQL may take the wrong one to find an order by its number, while it knows nothing
-- of the table: every payment then looked through all orders of its show.
CREATE INDEX CONCURRENTLY orders_by_offset ON orders (show_id, booked_offset) WHERE booked_offset > 0;
