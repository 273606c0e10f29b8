-- Behind a failover that lost commits a head may have gone back: the cursor goes back with it. What is met twice is told once.
SELECT c.show_id, c.journal_offset, least(h.journal_offset, c.journal_offset + :events), h.journal_offset,
       x.show_id IS NOT NULL AND NOT c.is_canceled
FROM unnest(:shows) AS w (show_id)
JOIN inbox_cursors c ON c.show_id = w.show_id
JOIN journal_heads h ON h.show_id = w.show_id
LEFT JOIN cancellations x ON x.show_id = w.show_id
WHERE c.journal_offset <> h.journal_offset OR (x.show_id IS NOT NULL AND NOT c.is_canceled)
ORDER BY c.show_id
LIMIT :limit
FOR UPDATE OF c SKIP LOCKED
