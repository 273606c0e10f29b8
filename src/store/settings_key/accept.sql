UPDATE keys
SET revoked_at = NULL, is_from_settings = NOT :is_operators, is_operators_setting = :is_operators
WHERE key_id = :key
