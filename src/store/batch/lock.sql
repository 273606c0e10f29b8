SELECT instant, head, positions, request_digests, decisions FROM lock_show(:show, :scopes, :keys)
