UPDATE cancellations SET due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
WHERE show_id = (
    SELECT show_id FROM cancellations WHERE finished_at IS NULL AND due_at <= clock_timestamp()
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING show_id
