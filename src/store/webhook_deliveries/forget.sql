DELETE FROM webhook_deliveries WHERE (endpoint_id, delivery_id) IN (
    SELECT endpoint_id, delivery_id FROM webhook_deliveries WHERE at < clock_timestamp() - make_interval(days => :days)
    ORDER BY at LIMIT :limit
)
