SELECT EXISTS (SELECT FROM webhook_endpoints WHERE is_enabled)
