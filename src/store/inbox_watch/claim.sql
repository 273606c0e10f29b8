SELECT session_id, show_id, order_id, is_reminded, looked_at FROM inbox_watches WHERE look_at <= (SELECT clock_timestamp())
ORDER BY look_at LIMIT :limit
FOR UPDATE SKIP LOCKED
