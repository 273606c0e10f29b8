UPDATE webhook_endpoints SET
    url = coalesce(:url, url),
    description = coalesce(:description, description),
    event_types = coalesce(:event_types, event_types),
    is_enabled = coalesce(:is_enabled, is_enabled),
    -- Whoever says whether it is enabled has seen why it was not.
    disabled_reason = CASE WHEN :is_enabled IS NULL THEN disabled_reason END,
    disabled_at = CASE WHEN :is_enabled IS NULL THEN disabled_at END
WHERE endpoint_id = :endpoint AND organiser_id = :organiser
RETURNING endpoint_id, url, description, event_types, is_enabled, disabled_reason, disabled_at,
    CASE WHEN former_until > clock_timestamp() THEN former_until END, created_at
