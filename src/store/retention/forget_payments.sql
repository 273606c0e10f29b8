-- Refused ones alone: no money was ever set aside for them, and the ledger has nothing of them.
DELETE FROM payments p
WHERE p.ctid >= :from_block::tid AND p.ctid < :to_block::tid AND p.state = 6
    AND p.changed_at < clock_timestamp() - make_interval(days => :days)
    AND NOT EXISTS (SELECT FROM ledger l WHERE l.show_id = p.show_id AND l.payment_id = p.payment_id)
    AND NOT EXISTS (SELECT FROM outbox b WHERE b.show_id = p.show_id AND b.payment_id = p.payment_id)
