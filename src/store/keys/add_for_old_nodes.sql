INSERT INTO organiser_keys (key_digest, name)
SELECT key_digest, name FROM keys WHERE key_id = :key AND role = 'all' AND expires_at IS NULL AND revoked_at IS NULL
ON CONFLICT DO NOTHING
