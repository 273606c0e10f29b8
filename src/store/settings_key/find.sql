SELECT key_id, is_from_settings, revoked_at IS NOT NULL FROM keys WHERE key_digest = :digest
