SELECT h.journal_offset, (
    SELECT j.journal_offset FROM journal j WHERE j.show_id = h.show_id AND j.journal_offset > :after
    ORDER BY j.journal_offset LIMIT 1
)
FROM journal_heads h WHERE h.show_id = :show
