DELETE FROM waitlist_entries w
WHERE w.ctid >= :from_block::tid AND w.ctid < :to_block::tid AND w.state <> 1
    AND w.changed_at < clock_timestamp() - make_interval(days => :days)
    AND w.place < (SELECT min(j.journal_offset) FROM journal j WHERE j.show_id = w.show_id)
