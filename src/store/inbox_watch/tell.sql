-- Holds that lapse soon, and payments that have ended without paying their order since they were looked at.
SELECT f.session_id, to_jsonb(f)::text
FROM (
    SELECT w.session_id, 3 AS kind, w.show_id, w.order_id AS about, 0::bigint AS cause, clock_timestamp() AS at, w.order_id, o.expires_at,
           NULL::integer AS payment_state, NULL::bigint AS amount, NULL::text AS currency
    FROM unnest(:sessions, :shows, :orders, :are_ending) AS w (session_id, show_id, order_id, is_ending)
    CROSS JOIN LATERAL (SELECT a.expires_at FROM orders a WHERE a.show_id = w.show_id AND a.order_id = w.order_id OFFSET 0) o
    WHERE w.is_ending
    UNION ALL
    SELECT w.session_id, 4, w.show_id, w.order_id, (extract(epoch FROM p.created_at) * 1000000)::bigint, p.changed_at, w.order_id, NULL,
           CASE WHEN p.state = 6 AND p.reason IS DISTINCT FROM :withdrawn THEN 2 ELSE 3 END, p.amount, p.currency
    FROM unnest(:sessions, :shows, :orders, :looked_at) AS w (session_id, show_id, order_id, looked_at)
    CROSS JOIN LATERAL (
        SELECT a.* FROM payments a WHERE a.show_id = w.show_id AND a.order_id = w.order_id AND NOT a.is_live
        OFFSET 0
    ) p
    CROSS JOIN LATERAL (SELECT a.payment_id FROM orders a WHERE a.show_id = w.show_id AND a.order_id = w.order_id OFFSET 0) o
    WHERE o.payment_id IS DISTINCT FROM p.payment_id AND p.changed_at > w.looked_at - interval '5 seconds'
) f
ORDER BY f.at
