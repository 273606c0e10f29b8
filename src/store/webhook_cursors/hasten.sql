-- The endpoint is back: its other shows need not wait for as long as they were to. Those that are leased are left alone.
UPDATE webhook_cursors c SET due_at = clock_timestamp()
FROM (
    SELECT show_id FROM webhook_cursors
    WHERE endpoint_id = :endpoint AND (attempts > 0) = true AND due_at > clock_timestamp() AND NOT is_leased
    ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
) f
WHERE c.endpoint_id = :endpoint AND c.show_id = f.show_id
