INSERT INTO nodes (node_id, seen_at) VALUES (:node, clock_timestamp())
ON CONFLICT (node_id) DO UPDATE SET seen_at = excluded.seen_at
