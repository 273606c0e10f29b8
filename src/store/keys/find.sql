SELECT key_id, organiser_id, prefix, name, role, is_from_settings OR is_operators_setting, created_at, expires_at, revoked_at, last_used_at
FROM keys WHERE key_id = :key
