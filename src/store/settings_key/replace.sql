WITH replaced AS (
    UPDATE keys SET revoked_at = clock_timestamp()
    WHERE CASE WHEN :is_operators THEN is_operators_setting ELSE is_from_settings END AND revoked_at IS NULL AND key_digest <> :digest
    RETURNING key_id, key_digest
),
gone AS (
    DELETE FROM organiser_keys o USING replaced r WHERE o.key_digest = r.key_digest
)
SELECT key_id FROM replaced
