-- In the order in which others lock them too.
UPDATE webhook_cursors c SET attempts = 0, failing_since = NULL, is_leased = false, due_at = clock_timestamp()
FROM (
    SELECT show_id FROM webhook_cursors WHERE endpoint_id = :endpoint AND (attempts > 0) = true
    ORDER BY show_id FOR UPDATE
) f
WHERE c.endpoint_id = :endpoint AND c.show_id = f.show_id
