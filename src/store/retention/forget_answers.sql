-- A payment's begin is answered by its end, however late.
DELETE FROM idempotency
WHERE ctid >= :from_block::tid AND ctid < :to_block::tid AND created_at < clock_timestamp() - interval '24 hours' AND is_final
