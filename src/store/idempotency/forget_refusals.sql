WITH old AS (
    SELECT i.show_id, i.scope, i.key FROM idempotency i
    WHERE i.is_refusal AND i.created_at < clock_timestamp() - make_interval(secs => :age_seconds)
    LIMIT :limit
)
DELETE FROM idempotency a USING old o WHERE a.show_id = o.show_id AND a.scope = o.scope AND a.key = o.key
