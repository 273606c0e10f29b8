WITH due AS (
    SELECT show_id, payment_id, refund_id FROM outbox WHERE due_at <= clock_timestamp()
    ORDER BY due_at LIMIT :limit FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE outbox b SET attempts = b.attempts + 1, due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    FROM due WHERE b.show_id = due.show_id AND b.payment_id = due.payment_id AND b.refund_id = due.refund_id
    RETURNING b.show_id, b.payment_id, b.refund_id, b.action, b.attempts, b.key_round
)
SELECT p.show_id, p.payment_id, p.order_id, p.provider, p.payment_method, p.amount, p.currency, p.state, p.reason,
       p.reference, p.action_url, p.return_url, l.refund_id, coalesce(r.amount, 0), l.action, l.attempts, l.key_round,
       extract(epoch FROM clock_timestamp() - p.changed_at)::double precision
FROM leased l
JOIN payments p ON p.show_id = l.show_id AND p.payment_id = l.payment_id
LEFT JOIN refunds r ON r.show_id = l.show_id AND r.refund_id = l.refund_id
