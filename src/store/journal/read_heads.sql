SELECT show_id, journal_offset FROM journal_heads WHERE show_id = ANY (:shows)
