UPDATE webhook_deliveries SET status = :status, error = :error, latency_ms = :latency_ms
WHERE endpoint_id = :endpoint AND delivery_id = :delivery
