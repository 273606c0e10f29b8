SELECT v.version, v.secret, v.check_value, extract(epoch FROM clock.now - v.created_at)::float8,
    extract(epoch FROM v.accepted_until - clock.now)::float8, extract(epoch FROM clock.now)::float8, old_nodes.are_up
FROM (SELECT clock_timestamp() AS now) clock
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM nodes
        WHERE NOT knows_versions AND seen_at > clock.now - make_interval(secs => :seen_within_seconds)
    ) AS are_up
) old_nodes
CROSS JOIN (
    SELECT 1::smallint AS version, o.secret, s.check_value, s.created_at, s.accepted_until
    FROM office o LEFT JOIN office_secrets s ON s.version = 1
    UNION ALL
    SELECT version, secret, NULL, created_at, accepted_until FROM office_secrets WHERE version > 1
) v
ORDER BY v.version
