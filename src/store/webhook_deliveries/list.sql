SELECT delivery_id, at, message_id, event_type, show_id, journal_offset, attempt, status, error, latency_ms, next_attempt_at
FROM webhook_deliveries
WHERE endpoint_id = :endpoint AND delivery_id < :before ORDER BY delivery_id DESC LIMIT :limit
