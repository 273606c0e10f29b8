SELECT clock_timestamp(), journal_offset, is_open, revision FROM journal_heads WHERE show_id = :show
