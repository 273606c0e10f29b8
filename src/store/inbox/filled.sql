UPDATE inboxes SET is_filled = true WHERE session_id = :session
