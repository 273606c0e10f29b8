INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, created_at)
VALUES (0, :scope, :key, :digest, :decision, true, clock_timestamp())
ON CONFLICT DO NOTHING
