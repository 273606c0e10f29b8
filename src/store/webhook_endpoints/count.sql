SELECT count(*) FROM webhook_endpoints WHERE organiser_id = :organiser
