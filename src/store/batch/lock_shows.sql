SELECT instant, locked, heads, positions, request_digests, decisions
FROM lock_shows_1(:shows, :key_shows, :scopes, :keys)
