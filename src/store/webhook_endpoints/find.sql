SELECT endpoint_id, url, description, event_types, is_enabled, disabled_reason, disabled_at,
    CASE WHEN former_until > clock_timestamp() THEN former_until END, created_at
FROM webhook_endpoints WHERE endpoint_id = :endpoint AND organiser_id = :organiser
