SELECT node_id FROM nodes
WHERE seen_at > clock_timestamp() - make_interval(secs => :seen_within_seconds)
ORDER BY seen_at DESC LIMIT :nodes_max
