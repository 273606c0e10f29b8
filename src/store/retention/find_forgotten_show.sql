SELECT h.show_id FROM journal_heads h WHERE NOT EXISTS (SELECT FROM shows s WHERE s.show_id = h.show_id) ORDER BY h.show_id LIMIT 1
