WITH revoked AS (
    UPDATE keys SET revoked_at = clock_timestamp(), is_from_settings = false, is_operators_setting = false
    WHERE key_id = :key AND revoked_at IS NULL
    RETURNING key_digest
)
DELETE FROM organiser_keys o USING revoked r WHERE o.key_digest = r.key_digest
