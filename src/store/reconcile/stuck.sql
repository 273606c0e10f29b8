-- What is due is taken within seconds by any node that is up.
SELECT b.payment_id, b.provider, b.action, b.dead_at, coalesce(b.last_error, 'nobody has tried')
FROM outbox b
WHERE b.dead_at IS NOT NULL OR b.due_at < clock_timestamp() - make_interval(secs => :after_seconds)
ORDER BY b.show_id, b.payment_id, b.refund_id LIMIT :limit
