SELECT b.show_id, b.payment_id, b.refund_id, p.order_id, p.provider, coalesce(r.amount, p.amount), p.currency, b.action, b.attempts,
       coalesce(b.last_error, ''), b.dead_at
FROM outbox b
JOIN payments p USING (show_id, payment_id)
LEFT JOIN refunds r ON r.show_id = b.show_id AND r.refund_id = b.refund_id
WHERE b.dead_at IS NOT NULL AND (b.show_id, b.payment_id, b.refund_id) > (:show, :payment, :refund)
  AND (:organiser IS NULL OR EXISTS (SELECT FROM shows s WHERE s.show_id = b.show_id AND s.organiser_id = :organiser))
ORDER BY b.show_id, b.payment_id, b.refund_id LIMIT :limit
