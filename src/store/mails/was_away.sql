SELECT seen_at < clock_timestamp() - make_interval(secs => :away_seconds) FROM mailing FOR UPDATE
