INSERT INTO keys (key_id, key_digest, name, role, expires_at)
SELECT :key, :digest, :name, :role, ends.at
FROM (SELECT coalesce(:expires_at, clock_timestamp() + make_interval(secs => :seconds)) AS at) ends
WHERE ends.at IS NULL OR ends.at > clock_timestamp()
