INSERT INTO inbox_watches (session_id, show_id, order_id, look_at, looked_at)
SELECT o.session_id, o.show_id, o.order_id, clock_timestamp(), clock_timestamp()
FROM (
    SELECT a.* FROM orders a WHERE a.session_id BETWEEN :session AND :session ORDER BY a.session_id DESC LIMIT :orders_max
) o
WHERE o.state = 1 AND o.kept_until > clock_timestamp()
ORDER BY o.show_id, o.order_id
ON CONFLICT DO NOTHING
