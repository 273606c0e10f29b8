SELECT journal_offset, is_open FROM journal_heads WHERE show_id = :show
