SELECT order_id, state, session_id, expires_at, kept_until, seats, zones, returned_tickets
FROM orders WHERE show_id = :show AND is_live
