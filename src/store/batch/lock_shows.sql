SELECT instant, locked, heads, positions, request_digests, decisions
FROM lock_shows(:shows, :key_shows, :scopes, :keys)
