-- A session's own orders, of all shows. Its column alone never changes, so that an order's later steps need no entry in it. Most sessions
-- have few orders: to look for equal ones that could be merged costs each hold more than the rest of the index.
CREATE INDEX CONCURRENTLY orders_of_session ON orders (session_id) WITH (deduplicate_items = off);
