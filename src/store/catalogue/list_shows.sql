SELECT s.show_id, h.is_open FROM shows s JOIN journal_heads h USING (show_id)
WHERE s.show_id > :after ORDER BY s.show_id LIMIT :limit
