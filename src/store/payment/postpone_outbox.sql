UPDATE outbox SET last_error = :error, due_at = clock_timestamp() + make_interval(secs => :wait_seconds)
WHERE show_id = :show AND payment_id = :payment AND action = :action
