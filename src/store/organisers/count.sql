SELECT (SELECT count(*) FROM organisers), EXISTS (
    SELECT FROM nodes
    WHERE NOT knows_organisers AND seen_at > clock_timestamp() - make_interval(secs => :seen_within_seconds)
)
