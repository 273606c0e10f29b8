UPDATE inbox_watches w SET look_at = clock_timestamp()
FROM unnest(:shows, :orders) AS e (show_id, order_id)
JOIN orders o ON o.show_id = e.show_id AND o.order_id = e.order_id
WHERE w.session_id = o.session_id AND w.show_id = e.show_id AND w.order_id = e.order_id
