SELECT c.show_id FROM unnest(:shows) AS w (show_id)
CROSS JOIN LATERAL (SELECT a.show_id, a.journal_offset FROM inbox_cursors a WHERE a.show_id = w.show_id OFFSET 0) c
CROSS JOIN LATERAL (SELECT a.journal_offset FROM journal_heads a WHERE a.show_id = w.show_id OFFSET 0) h
WHERE c.journal_offset < h.journal_offset
