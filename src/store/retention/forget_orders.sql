DELETE FROM orders o
WHERE o.ctid >= :from_block::tid AND o.ctid < :to_block::tid AND o.state IN (3, 4) AND o.payment_id IS NULL
    AND o.settled_at < clock_timestamp() - make_interval(days => :days)
    AND o.booked_offset < (SELECT min(j.journal_offset) FROM journal j WHERE j.show_id = o.show_id)
