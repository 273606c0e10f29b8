SELECT key_id, name, role, is_from_settings, created_at, expires_at, revoked_at, last_used_at FROM keys WHERE key_id = :key
