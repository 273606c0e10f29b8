INSERT INTO lines (show_id, salt, commitment)
SELECT h.show_id, :salt, :commitment FROM journal_heads h WHERE h.show_id = :show
ON CONFLICT DO NOTHING
