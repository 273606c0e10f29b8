SELECT journal_offset FROM journal WHERE show_id = :show ORDER BY journal_offset LIMIT 1
