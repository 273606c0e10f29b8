-- One is looked at for as long as its order is held or a payment of it is under way. Before what there is to tell is read: then no payment
-- ends unseen in between.
WITH looked AS MATERIALIZED (
    SELECT w.session_id, w.show_id, w.order_id,
           coalesce(o.state = 1 AND o.kept_until > clock_timestamp(), false) AS is_held,
           o.expires_at - least(make_interval(secs => :ending_seconds), (o.expires_at - o.created_at) / 3) AS remind_at,
           coalesce(p.state = 1, false) AS is_paying
    FROM unnest(:sessions, :shows, :orders) AS w (session_id, show_id, order_id)
    LEFT JOIN LATERAL (
        SELECT a.state, a.kept_until, a.expires_at, a.created_at FROM orders a WHERE a.show_id = w.show_id AND a.order_id = w.order_id
        OFFSET 0
    ) o ON true
    LEFT JOIN LATERAL (
        SELECT a.state FROM payments a WHERE a.show_id = w.show_id AND a.order_id = w.order_id AND a.is_live
        OFFSET 0
    ) p ON true
),
gone AS (
    DELETE FROM inbox_watches w USING looked l
    WHERE w.session_id = ANY (:sessions) AND w.session_id = l.session_id AND w.show_id = l.show_id AND w.order_id = l.order_id AND NOT l.is_held AND NOT l.is_paying
)
UPDATE inbox_watches w SET looked_at = clock_timestamp(), is_reminded = w.is_reminded OR (l.is_held AND l.remind_at <= clock_timestamp()),
    look_at = CASE
        WHEN l.is_held AND l.remind_at > clock_timestamp()
        THEN least(l.remind_at, clock_timestamp() + make_interval(secs => :look_seconds))
        ELSE clock_timestamp() + make_interval(secs => :look_seconds)
    END
FROM looked l
WHERE w.session_id = ANY (:sessions) AND w.session_id = l.session_id AND w.show_id = l.show_id AND w.order_id = l.order_id AND (l.is_held OR l.is_paying)
RETURNING w.show_id, w.order_id, w.is_reminded
