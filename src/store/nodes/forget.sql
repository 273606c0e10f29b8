DELETE FROM nodes WHERE seen_at < clock_timestamp() - make_interval(secs => :after_seconds)
