DELETE FROM inboxes WHERE session_id IN (
    SELECT session_id FROM inboxes WHERE seen_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY seen_at LIMIT :limit FOR UPDATE SKIP LOCKED
)
