SELECT entry, place, session_id, want::text FROM waitlist_entries WHERE show_id = :show AND state = 1 AND place > :after ORDER BY place LIMIT :limit
