UPDATE payments SET decline_code = :code, changed_at = clock_timestamp()
WHERE show_id = :show AND payment_id = :payment AND state = 1
