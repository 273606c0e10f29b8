SELECT v.version, s.created_at, s.accepted_until
FROM (SELECT 1::smallint AS version FROM office UNION SELECT version FROM office_secrets) v
LEFT JOIN office_secrets s USING (version)
ORDER BY v.version
