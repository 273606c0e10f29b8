SELECT p.payment_id, p.reference, p.currency,
       coalesce(sum(CASE 'authorised' WHEN l.debit THEN l.amount WHEN l.credit THEN -l.amount END), 0)::bigint,
       coalesce(sum(l.amount) FILTER (WHERE l.entry = 'captured'), 0)::bigint,
       coalesce(sum(l.amount) FILTER (WHERE l.entry = 'refunded'), 0)::bigint,
       coalesce(sum(l.amount) FILTER (WHERE l.entry = 'fee'), 0)::bigint,
       coalesce(sum(CASE l.entry WHEN 'disputed' THEN l.amount WHEN 'reinstated' THEN -l.amount END), 0)::bigint,
       EXISTS (SELECT 1 FROM outbox b WHERE b.show_id = p.show_id AND b.payment_id = p.payment_id AND b.dead_at IS NULL)
FROM unnest(:shows, :payments) AS k (show_id, payment_id)
JOIN payments p ON p.show_id = k.show_id AND p.payment_id = k.payment_id AND p.provider = :provider
LEFT JOIN ledger l ON l.show_id = p.show_id AND l.payment_id = p.payment_id
GROUP BY p.show_id, p.payment_id
