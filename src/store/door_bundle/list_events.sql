SELECT j.journal_offset, j.kind, j.order_id FROM journal j WHERE j.show_id = :show AND j.journal_offset > :after
ORDER BY j.journal_offset LIMIT :limit
