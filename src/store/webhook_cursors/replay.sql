INSERT INTO webhook_cursors (show_id, endpoint_id, journal_offset, due_at)
VALUES (:show, :endpoint, :offset, clock_timestamp())
ON CONFLICT (show_id, endpoint_id) DO UPDATE
SET journal_offset = :offset, due_at = clock_timestamp(), is_leased = false, attempts = 0, failing_since = NULL
