UPDATE webhook_endpoints SET is_enabled = false, disabled_reason = :reason, disabled_at = clock_timestamp()
WHERE endpoint_id = :endpoint AND is_enabled
