SELECT clock_timestamp(), h.journal_offset, h.is_open, h.revision,
       (SELECT coalesce(max(s.seat) + 1, 0) FROM seats s WHERE s.show_id = h.show_id)
FROM journal_heads h WHERE h.show_id = :show
