INSERT INTO nodes (node_id, seen_at, knows_versions, knows_organisers) VALUES (:node, clock_timestamp(), true, true)
ON CONFLICT (node_id) DO UPDATE SET seen_at = excluded.seen_at
