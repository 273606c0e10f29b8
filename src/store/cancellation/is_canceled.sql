SELECT is_canceled FROM journal_heads WHERE show_id = :show
