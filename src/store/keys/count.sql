SELECT count(*), count(*) FILTER (WHERE organiser_id IS NOT DISTINCT FROM :organiser) FROM keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
