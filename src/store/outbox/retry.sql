UPDATE outbox SET attempts = 0, key_round = key_round + attempts, dead_at = NULL, due_at = clock_timestamp()
WHERE show_id = :show AND payment_id = :payment AND refund_id = :refund AND dead_at IS NOT NULL
