WITH old AS (
    SELECT n.session_id, n.number FROM inbox_notices n
    WHERE n.at < clock_timestamp() - make_interval(days => :days)
    ORDER BY n.at LIMIT :limit
),
moved AS (
    UPDATE inboxes i SET first_kept = greatest(i.first_kept, o.through + 1)
    FROM (
        SELECT a.session_id, a.through FROM (SELECT session_id, max(number) AS through FROM old GROUP BY session_id) a
        JOIN inboxes l ON l.session_id = a.session_id ORDER BY a.session_id FOR UPDATE OF l
    ) o
    WHERE i.session_id = o.session_id
    RETURNING i.session_id, i.first_kept
)
DELETE FROM inbox_notices n USING moved m WHERE n.session_id = m.session_id AND n.number < m.first_kept
