UPDATE inbox_watches w SET look_at = clock_timestamp()
WHERE w.ctid = ANY (ARRAY(
    SELECT t.place
    FROM unnest(:shows, :orders) AS e (show_id, order_id)
    CROSS JOIN LATERAL (SELECT a.session_id FROM orders a WHERE a.show_id = e.show_id AND a.order_id = e.order_id OFFSET 0) o
    CROSS JOIN LATERAL (
        SELECT a.ctid AS place FROM inbox_watches a
        WHERE a.session_id = o.session_id AND a.show_id = e.show_id AND a.order_id = e.order_id
        OFFSET 0
    ) t
))
