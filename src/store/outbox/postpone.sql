-- A row that someone else has just now is theirs.
WITH own AS (
    SELECT b.show_id, b.payment_id, b.refund_id, t.error, t.attempts, t.uncounted, t.new_keys, t.is_dead, t.wait_seconds
    FROM unnest(:show, :payment, :refund, :action, :error, :attempts, :uncounted, :new_keys, :is_dead, :wait_seconds)
        AS t (show_id, payment_id, refund_id, action, error, attempts, uncounted, new_keys, is_dead, wait_seconds)
    JOIN outbox b ON b.show_id = t.show_id AND b.payment_id = t.payment_id AND b.refund_id = t.refund_id AND b.action = t.action
    FOR UPDATE OF b SKIP LOCKED
)
UPDATE outbox b SET
    last_error = o.error,
    -- The node that confirms a payment tries its capture without a lease.
    attempts = greatest(b.attempts, o.attempts) - o.uncounted,
    key_round = b.key_round + o.new_keys,
    dead_at = CASE WHEN o.is_dead THEN clock_timestamp() END,
    due_at = CASE WHEN o.is_dead THEN 'infinity' ELSE clock_timestamp() + make_interval(secs => o.wait_seconds) END
FROM own o
WHERE b.show_id = o.show_id AND b.payment_id = o.payment_id AND b.refund_id = o.refund_id
