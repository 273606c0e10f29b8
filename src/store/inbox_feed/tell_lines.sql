-- Who of the first so many in a line that has moved is at a milestone that they were not told of yet.
WITH front AS (
    SELECT b.show_id, f.entry, f.session_id, f.position
    FROM unnest(:shows, :after, :up_to) AS b (show_id, after, up_to)
    CROSS JOIN LATERAL (
        SELECT a.entry, a.session_id, row_number() OVER (ORDER BY a.place)::integer AS position FROM (
            SELECT w.entry, w.session_id, w.place FROM waitlist_entries w WHERE w.show_id = b.show_id AND w.state = 1 ORDER BY w.place LIMIT :front
        ) a
    ) f
    WHERE EXISTS (
        SELECT FROM journal j
        WHERE j.show_id = b.show_id AND j.journal_offset > b.after AND j.journal_offset <= b.up_to AND j.kind IN (13, 14, 15)
    )
),
reached AS MATERIALIZED (
    SELECT f.*, m.milestone
    FROM front f
    CROSS JOIN LATERAL (SELECT a.session_id FROM inboxes a WHERE a.session_id = f.session_id OFFSET 0) i
    CROSS JOIN LATERAL (SELECT min(m) AS milestone FROM unnest(:milestones) AS m WHERE m >= f.position) m
    LEFT JOIN LATERAL (
        SELECT a.told FROM inbox_milestones a WHERE a.session_id = f.session_id AND a.show_id = f.show_id AND a.entry = f.entry
        OFFSET 0
    ) t ON true
    WHERE t.told IS NULL OR t.told > m.milestone
),
noted AS (
    INSERT INTO inbox_milestones (session_id, show_id, entry, told)
    SELECT r.session_id, r.show_id, r.entry, r.milestone FROM reached r
    ON CONFLICT (session_id, show_id, entry) DO UPDATE SET told = least(inbox_milestones.told, excluded.told)
)
SELECT f.session_id, to_jsonb(f)::text
FROM (
    SELECT r.session_id, 2 AS kind, r.show_id, r.entry AS about, r.milestone AS cause, clock_timestamp() AS at, r.entry, r.position
    FROM reached r
) f
