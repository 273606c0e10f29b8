-- Whoever has lost its lease, or was overtaken by a replay, moves nothing; what it has sent is told all the same.
WITH moved AS (
    UPDATE webhook_cursors c SET
        journal_offset = :offset,
        attempts = :attempts,
        is_leased = false,
        failing_since = CASE
            WHEN :attempts = 0 THEN NULL
            WHEN :attempts = 1 THEN clock_timestamp()
            ELSE coalesce(c.failing_since, clock_timestamp())
        END,
        due_at = CASE
            WHEN :pause_seconds IS NOT NULL THEN clock_timestamp() + make_interval(secs => :pause_seconds)
            WHEN h.journal_offset <> :offset THEN clock_timestamp()
            ELSE 'infinity'
        END
    FROM journal_heads h
    WHERE c.show_id = :show AND c.endpoint_id = :endpoint AND c.due_at = :lease AND h.show_id = c.show_id
)
INSERT INTO webhook_deliveries
    (endpoint_id, at, message_id, event_type, show_id, journal_offset, attempt, status, error, latency_ms, next_attempt_at)
SELECT :endpoint, clock_timestamp() - make_interval(secs => l.age_seconds), l.message_id, l.event_type, :show, l.journal_offset,
       l.attempt, l.status, l.error, l.latency_ms, clock_timestamp() + make_interval(secs => l.pause_seconds)
FROM unnest(:message, :event_type, :journal_offset, :attempt, :status, :error, :latency_ms, :age_seconds, :next_seconds)
    WITH ORDINALITY AS l (message_id, event_type, journal_offset, attempt, status, error, latency_ms, age_seconds, pause_seconds, number)
ORDER BY l.number
