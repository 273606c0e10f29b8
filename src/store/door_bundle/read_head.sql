SELECT h.journal_offset, coalesce(j.first, h.journal_offset + 1) FROM journal_heads h
CROSS JOIN LATERAL (SELECT min(e.journal_offset) AS first FROM journal e WHERE e.show_id = h.show_id) j
WHERE h.show_id = :show
