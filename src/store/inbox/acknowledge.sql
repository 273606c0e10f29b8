UPDATE inboxes SET acknowledged = CASE WHEN :through <= last_number THEN greatest(acknowledged, :through) ELSE acknowledged END
WHERE session_id = :session
RETURNING acknowledged, last_number
