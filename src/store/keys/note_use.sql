UPDATE keys SET last_used_at = clock_timestamp()
WHERE key_id = ANY (:key) AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '50 seconds')
