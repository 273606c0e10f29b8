INSERT INTO keys (key_digest, name, role, is_from_settings, created_at)
SELECT o.key_digest, o.name, 'all', o.name = :settings_name, o.created_at FROM organiser_keys o
WHERE NOT EXISTS (SELECT FROM keys k WHERE k.key_digest = o.key_digest)
ON CONFLICT (key_digest) DO NOTHING
