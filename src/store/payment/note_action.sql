UPDATE payments SET reference = :reference, action_url = :action_url, changed_at = clock_timestamp()
WHERE show_id = :show AND payment_id = :payment AND state = 1
