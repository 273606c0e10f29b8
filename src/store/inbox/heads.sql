SELECT session_id, last_number FROM inboxes WHERE session_id = ANY (:sessions)
