-- A session's own orders, of all shows. Its column alone never changes, so that an order's later steps need no entry in it.
CREATE INDEX CONCURRENTLY orders_of_session ON orders (session_id);
