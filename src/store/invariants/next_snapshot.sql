SELECT journal_offset FROM snapshots WHERE show_id = :show AND journal_offset > :after ORDER BY journal_offset LIMIT 1
