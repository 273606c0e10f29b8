-- What nodes of the version before know of a key has no end: so they lose it at once.
WITH ending AS (
    UPDATE keys SET expires_at = least(expires_at, clock_timestamp() + make_interval(secs => :seconds))
    WHERE key_id = :key
    RETURNING key_digest
)
DELETE FROM organiser_keys o USING ending e WHERE o.key_digest = e.key_digest
