-- A session's own orders, of all shows. Its columns never change, so that an order's later steps still need no entry in it.
CREATE INDEX CONCURRENTLY orders_of_session ON orders (session_id, created_at, order_id);
