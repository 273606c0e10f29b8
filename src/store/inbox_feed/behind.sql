SELECT c.show_id FROM unnest(:shows) AS w (show_id)
JOIN inbox_cursors c ON c.show_id = w.show_id
JOIN journal_heads h ON h.show_id = w.show_id
WHERE c.journal_offset < h.journal_offset
