WITH due AS (
    SELECT show_id, payment_id FROM outbox WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE outbox b SET attempts = b.attempts + 1, due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    FROM due WHERE b.show_id = due.show_id AND b.payment_id = due.payment_id
    RETURNING b.show_id, b.payment_id, b.action, b.attempts
)
SELECT p.show_id, p.payment_id, p.order_id, p.provider, p.payment_method, p.amount, p.currency, p.state, p.reason,
       l.action, l.attempts
FROM leased l JOIN payments p ON p.show_id = l.show_id AND p.payment_id = l.payment_id
