SELECT show_id FROM shows WHERE show_id > :after ORDER BY show_id LIMIT :limit
