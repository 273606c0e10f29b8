-- A new endpoint is told of what happens from now on, not of what was.
INSERT INTO webhook_cursors (show_id, endpoint_id, journal_offset, due_at)
SELECT s.show_id, :endpoint, h.journal_offset, 'infinity'
FROM shows s JOIN journal_heads h ON h.show_id = s.show_id
WHERE s.organiser_id = :organiser
