DELETE FROM selections WHERE ctid = ANY (ARRAY(
    SELECT s.ctid FROM selections s WHERE s.created_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY s.created_at LIMIT :limit
))
