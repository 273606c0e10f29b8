-- One descent of the index a provider, and four more for its tasks: what isn't due, or is of a provider that has no room
-- now, is not met.
WITH RECURSIVE present (provider) AS (
    (SELECT b.provider FROM outbox b ORDER BY b.provider LIMIT 1)
    UNION ALL
    SELECT (SELECT b.provider FROM outbox b WHERE b.provider > p.provider ORDER BY b.provider LIMIT 1)
    FROM present p WHERE p.provider IS NOT NULL
),
wanted AS (
    SELECT p.provider, coalesce(r.room, :unknown_room) AS room
    FROM present p LEFT JOIN unnest(:provider, :room) AS r (provider, room) ON r.provider = p.provider
    WHERE p.provider IS NOT NULL
),
due AS (
    SELECT x.show_id, x.payment_id, x.refund_id, w.room,
           row_number() OVER (PARTITION BY w.provider ORDER BY a.action, x.due_at) AS turn
    FROM wanted w
    -- First what a buyer may wait for, last what goes back.
    CROSS JOIN (VALUES (1::smallint), (2::smallint), (3::smallint), (4::smallint)) AS a (action)
    CROSS JOIN LATERAL (
        SELECT b.show_id, b.payment_id, b.refund_id, b.due_at FROM outbox b
        -- As a subquery it is read once, and bounds what is read of the index.
        WHERE b.provider = w.provider AND b.action = a.action AND b.due_at <= (SELECT clock_timestamp())
        ORDER BY b.due_at LIMIT w.room FOR UPDATE SKIP LOCKED
    ) x
),
leased AS (
    UPDATE outbox b SET attempts = b.attempts + 1, due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    FROM due
    WHERE due.turn <= due.room
      AND b.show_id = due.show_id AND b.payment_id = due.payment_id AND b.refund_id = due.refund_id
    RETURNING b.show_id, b.payment_id, b.refund_id, b.action, b.attempts, b.key_round
)
SELECT p.show_id, p.payment_id, p.order_id, p.provider, p.payment_method, p.amount, p.currency, p.state, p.reason, p.decline_code,
       p.reference, p.action_url, p.return_url, p.authorised_at IS NOT NULL, l.refund_id, coalesce(r.amount, 0), l.action,
       l.attempts, l.key_round, extract(epoch FROM clock_timestamp() - p.changed_at)::double precision
FROM leased l
JOIN payments p ON p.show_id = l.show_id AND p.payment_id = l.payment_id
LEFT JOIN refunds r ON r.show_id = l.show_id AND r.refund_id = l.refund_id
