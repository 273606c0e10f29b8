INSERT INTO keys (key_id, organiser_id, key_digest, prefix, name, role, expires_at)
SELECT :key, :organiser, :digest, :prefix, :name, :role, ends.at
FROM (SELECT coalesce(:expires_at, clock_timestamp() + make_interval(secs => :seconds)) AS at) ends
WHERE ends.at IS NULL OR ends.at > clock_timestamp()
