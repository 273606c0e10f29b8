UPDATE keys SET is_from_settings = true, revoked_at = NULL WHERE key_id = :key
