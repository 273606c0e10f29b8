SELECT session_id FROM inboxes WHERE session_id = ANY (:sessions) ORDER BY session_id FOR UPDATE
