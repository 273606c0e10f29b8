UPDATE webhook_endpoints SET
    former_salt = salt, former_until = clock_timestamp() + make_interval(secs => :overlap_seconds), salt = :salt
WHERE endpoint_id = :endpoint AND organiser_id = :organiser
RETURNING endpoint_id, url, description, event_types, is_enabled, disabled_reason, disabled_at,
    CASE WHEN former_until > clock_timestamp() THEN former_until END, created_at
