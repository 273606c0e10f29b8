INSERT INTO webhook_deliveries (endpoint_id, at, message_id, event_type, attempt, latency_ms)
VALUES (:endpoint, clock_timestamp(), :message, :event_type, 1, 0)
RETURNING delivery_id
