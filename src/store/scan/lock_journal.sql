SELECT FROM journal_heads WHERE show_id = :show FOR UPDATE
