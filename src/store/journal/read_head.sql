SELECT journal_offset, is_open, is_canceled, revision FROM journal_heads WHERE show_id = :show
