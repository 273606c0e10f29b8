SELECT w.order_id FROM waitlist_entries w
-- OFFSET 0 keeps the planner from reading all orders and comparing them.
CROSS JOIN LATERAL (SELECT a.state FROM orders a WHERE a.show_id = w.show_id AND a.order_id = w.order_id OFFSET 0) o
WHERE w.show_id = :show AND w.state = 2 AND o.state = 1
