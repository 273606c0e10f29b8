SELECT key_id, organiser_id, key_digest, role, extract(epoch FROM expires_at - clock_timestamp())::float8 FROM keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
UNION ALL
SELECT NULL, :first, o.key_digest, 'all', NULL FROM organiser_keys o
WHERE NOT EXISTS (SELECT FROM keys k WHERE k.key_digest = o.key_digest)
LIMIT :keys_max
