DELETE FROM inbox_notices n USING inboxes i
WHERE i.session_id = ANY (:sessions) AND n.session_id = i.session_id AND n.number < i.first_kept
