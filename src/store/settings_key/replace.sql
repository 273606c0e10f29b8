WITH replaced AS (
    UPDATE keys SET revoked_at = clock_timestamp()
    WHERE is_from_settings AND revoked_at IS NULL AND key_digest <> :digest
    RETURNING key_id, key_digest
),
gone AS (
    DELETE FROM organiser_keys o USING replaced r WHERE o.key_digest = r.key_digest
)
SELECT key_id FROM replaced
