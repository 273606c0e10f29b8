UPDATE scans s SET conflict = k.conflict, stands = k.stands
FROM unnest(:scan::bigint[], :conflict::smallint[], :stands::boolean[]) AS k (scan, conflict, stands)
WHERE s.show_id = :show AND s.scan = k.scan
