-- New holds of those sessions that have an inbox.
INSERT INTO inbox_watches (session_id, show_id, order_id, look_at, looked_at)
SELECT i.session_id, e.show_id, e.order_id,
       least(o.expires_at - least(make_interval(secs => :ending_seconds), (o.expires_at - o.created_at) / 3),
             clock_timestamp() + make_interval(secs => :look_seconds)),
       o.created_at
FROM unnest(:shows, :after, :up_to) AS b (show_id, after, up_to)
CROSS JOIN LATERAL (
    SELECT a.show_id, a.order_id FROM journal a
    WHERE a.show_id = b.show_id AND a.journal_offset > b.after AND a.journal_offset <= b.up_to AND a.kind = 1
    OFFSET 0
) e
CROSS JOIN LATERAL (
    SELECT a.session_id, a.created_at, a.expires_at FROM orders a WHERE a.show_id = e.show_id AND a.order_id = e.order_id AND a.state = 1
    OFFSET 0
) o
CROSS JOIN LATERAL (SELECT a.session_id FROM inboxes a WHERE a.session_id = o.session_id OFFSET 0) i
ORDER BY e.show_id, e.order_id
ON CONFLICT DO NOTHING
