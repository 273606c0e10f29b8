SELECT url, event_types, salt, CASE WHEN former_until > clock_timestamp() THEN former_salt END
FROM webhook_endpoints WHERE endpoint_id = :endpoint AND organiser_id = :organiser
