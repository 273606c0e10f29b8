SELECT count(*), count(*) FILTER (WHERE role = 'all' AND key_id IS DISTINCT FROM :other_than) FROM keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
