INSERT INTO webhook_endpoints (endpoint_id, organiser_id, url, description, event_types, is_enabled, salt)
VALUES (:endpoint, :organiser, :url, :description, :event_types, :is_enabled, :salt)
RETURNING endpoint_id, url, description, event_types, is_enabled, disabled_reason, disabled_at,
    CASE WHEN former_until > clock_timestamp() THEN former_until END, created_at
