-- A show in which an endpoint has no place yet is newer than the endpoint: it is told from the first event on. Behind a failover
-- that lost commits a head may have gone back, so that it is asked for another offset, not for a greater one.
INSERT INTO webhook_cursors AS c (show_id, endpoint_id, journal_offset, due_at)
SELECT h.show_id, e.endpoint_id, 0, clock_timestamp()
FROM unnest(:shows) AS w (show_id)
JOIN shows s ON s.show_id = w.show_id
JOIN journal_heads h ON h.show_id = w.show_id
JOIN webhook_endpoints e ON e.organiser_id = s.organiser_id AND e.is_enabled
LEFT JOIN webhook_cursors k ON k.show_id = w.show_id AND k.endpoint_id = e.endpoint_id
WHERE h.journal_offset <> coalesce(k.journal_offset, 0) AND coalesce(k.due_at, 'infinity') = 'infinity'
ORDER BY h.show_id, e.endpoint_id
ON CONFLICT (show_id, endpoint_id) DO UPDATE SET due_at = clock_timestamp() WHERE c.due_at = 'infinity'
