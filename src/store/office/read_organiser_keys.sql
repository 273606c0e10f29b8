SELECT key_digest FROM organiser_keys ORDER BY created_at LIMIT 1000
