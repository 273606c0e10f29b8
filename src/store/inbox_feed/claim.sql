-- Behind a failover that lost commits a head may have gone back: the cursor goes back with it. What is met twice is told once.
SELECT c.show_id, c.journal_offset, least(h.journal_offset, c.journal_offset + :events),
       x.show_id IS NOT NULL AND NOT c.is_canceled
FROM inbox_cursors c
CROSS JOIN LATERAL (SELECT a.journal_offset FROM journal_heads a WHERE a.show_id = c.show_id OFFSET 0) h
LEFT JOIN LATERAL (SELECT a.show_id FROM cancellations a WHERE a.show_id = c.show_id OFFSET 0) x ON true
WHERE c.show_id = ANY (:shows) AND (c.journal_offset <> h.journal_offset OR (x.show_id IS NOT NULL AND NOT c.is_canceled))
ORDER BY c.show_id
LIMIT :limit
FOR UPDATE OF c SKIP LOCKED
