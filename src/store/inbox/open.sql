INSERT INTO inboxes (session_id, opened_at, seen_at) VALUES (:session, clock_timestamp(), clock_timestamp())
ON CONFLICT (session_id) DO UPDATE SET seen_at = excluded.seen_at
