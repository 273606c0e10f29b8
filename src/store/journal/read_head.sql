SELECT journal_offset, is_open, is_canceled FROM journal_heads WHERE show_id = :show
