DELETE FROM notices WHERE (provider, event) IN (
    SELECT provider, event FROM notices WHERE received_at < clock_timestamp() - interval '30 days'
    ORDER BY received_at LIMIT :limit
)
