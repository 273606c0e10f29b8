WITH ended AS (
    SELECT show_id FROM shows
    WHERE greatest(starts_at, closes_at) < clock_timestamp() - interval '24 hours'
    UNION ALL
    SELECT 0
),
old AS (
    SELECT i.show_id, i.scope, i.key FROM ended e
    CROSS JOIN LATERAL (
        SELECT a.show_id, a.scope, a.key FROM idempotency a
        WHERE a.show_id = e.show_id AND a.created_at < clock_timestamp() - interval '24 hours'
        OFFSET 0
    ) i
    LIMIT :limit
)
DELETE FROM idempotency a USING old o WHERE a.show_id = o.show_id AND a.scope = o.scope AND a.key = o.key
