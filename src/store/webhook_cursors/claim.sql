-- An endpoint has a few of the calls under way, and fewer where it fails; all endpoints together have theirs, those that fail
-- apart from the others; and each gets its first turn before any gets its second.
WITH due AS (
    SELECT x.show_id, x.endpoint_id, x.is_failing, x.due_at,
           row_number() OVER (PARTITION BY x.endpoint_id, x.is_failing ORDER BY x.due_at) AS turn
    FROM webhook_endpoints e
    CROSS JOIN (VALUES (false, :endpoint_room), (true, :failing_endpoint_room)) AS k (is_failing, room)
    LEFT JOIN unnest(:busy_endpoint, :busy_failing, :busy_calls) AS b (endpoint_id, is_failing, calls)
        ON b.endpoint_id = e.endpoint_id AND b.is_failing = k.is_failing
    CROSS JOIN LATERAL (
        SELECT c.show_id, c.endpoint_id, k.is_failing, c.due_at FROM webhook_cursors c
        WHERE c.endpoint_id = e.endpoint_id AND (c.attempts > 0) = k.is_failing AND c.due_at <= (SELECT clock_timestamp())
        ORDER BY c.due_at LIMIT greatest(k.room - coalesce(b.calls, 0), 0)
        FOR UPDATE SKIP LOCKED
    ) x
    WHERE e.is_enabled
),
chosen AS (
    SELECT d.*, row_number() OVER (PARTITION BY d.is_failing ORDER BY d.turn, d.due_at) AS place FROM due d
),
leased AS (
    UPDATE webhook_cursors c SET is_leased = true, due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    FROM chosen d
    WHERE c.show_id = d.show_id AND c.endpoint_id = d.endpoint_id
      AND d.place <= CASE WHEN d.is_failing THEN :failing_room ELSE :room END
    RETURNING c.show_id, c.endpoint_id, c.journal_offset, c.attempts, c.failing_since, c.due_at
)
SELECT l.show_id, l.endpoint_id, l.journal_offset, l.attempts, l.due_at,
       coalesce(extract(epoch FROM clock_timestamp() - l.failing_since), 0)::double precision,
       e.url, e.event_types, e.salt, CASE WHEN e.former_until > clock_timestamp() THEN e.former_salt END
FROM leased l JOIN webhook_endpoints e ON e.endpoint_id = l.endpoint_id
