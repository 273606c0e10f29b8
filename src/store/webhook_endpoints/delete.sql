DELETE FROM webhook_endpoints WHERE endpoint_id = :endpoint AND organiser_id = :organiser
