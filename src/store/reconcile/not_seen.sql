SELECT p.payment_id, EXISTS (SELECT 1 FROM outbox b WHERE b.show_id = p.show_id AND b.payment_id = p.payment_id AND b.dead_at IS NULL)
FROM payments p
WHERE p.provider = :provider AND p.created_at < :before AND p.payment_id > :after
  AND EXISTS (SELECT 1 FROM ledger l WHERE l.show_id = p.show_id AND l.payment_id = p.payment_id AND l.entry IN ('authorised', 'captured') AND l.amount > 0)
  AND NOT EXISTS (SELECT 1 FROM seen_payments s WHERE s.payment_id = p.payment_id)
ORDER BY p.payment_id LIMIT :limit
