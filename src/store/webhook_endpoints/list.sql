SELECT endpoint_id, url, description, event_types, is_enabled, disabled_reason, disabled_at,
    CASE WHEN former_until > clock_timestamp() THEN former_until END, created_at
FROM webhook_endpoints
WHERE organiser_id = :organiser
  AND (:after IS NULL OR (created_at, endpoint_id) > (
      SELECT a.created_at, a.endpoint_id FROM webhook_endpoints a WHERE a.endpoint_id = :after AND a.organiser_id = :organiser
  ))
ORDER BY created_at, endpoint_id LIMIT :limit
