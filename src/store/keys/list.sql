SELECT key_id, organiser_id, prefix, name, role, is_from_settings OR is_operators_setting, created_at, expires_at, revoked_at, last_used_at
FROM keys
WHERE (:organiser IS NULL OR organiser_id = :organiser)
  AND (:after IS NULL OR (created_at, key_id) > (SELECT a.created_at, a.key_id FROM keys a WHERE a.key_id = :after))
ORDER BY created_at, key_id LIMIT :limit
