SELECT key_id, role, is_from_settings OR is_operators_setting, revoked_at IS NOT NULL FROM keys WHERE key_digest = :digest
