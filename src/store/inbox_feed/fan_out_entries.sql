-- The next entries of the waitlist, and what is told of those that waited at the cause and whose session has an inbox. A show is closed
-- at the time at which that was decided, which may be a little before the time of its cancellation.
SELECT n.entry, i.session_id, (jsonb_build_object('session_id', i.session_id) || :fact::jsonb)::text
FROM (
    SELECT w.entry, w.session_id, w.state, w.joined_at, w.changed_at FROM waitlist_entries w
    WHERE w.show_id = :show AND w.entry > :after
    ORDER BY w.entry LIMIT :limit
) n
LEFT JOIN LATERAL (
    SELECT a.session_id FROM inboxes a
    WHERE a.session_id = n.session_id AND a.opened_at - interval '10 seconds' < :at AND n.joined_at <= :at
      AND (n.state = 1 OR n.changed_at > :at - interval '2 seconds')
    OFFSET 0
) i ON true
ORDER BY n.entry
