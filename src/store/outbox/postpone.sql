UPDATE outbox SET
    last_error = :error,
    -- The node that confirms a payment tries its capture without a lease.
    attempts = greatest(attempts, :attempts) - :uncounted,
    key_round = key_round + :new_keys,
    dead_at = CASE WHEN :is_dead THEN clock_timestamp() END,
    due_at = CASE WHEN :is_dead THEN 'infinity' ELSE clock_timestamp() + make_interval(secs => :wait_seconds) END
WHERE show_id = :show AND payment_id = :payment AND refund_id = :refund AND action = :action
