-- A show in which there is no cursor yet is newer than the beginning of all mail: it is looked at from the first event on.
INSERT INTO mail_cursors (show_id, journal_offset)
SELECT s.show_id, 0 FROM unnest(:shows) AS w (show_id) JOIN shows s ON s.show_id = w.show_id
WHERE NOT EXISTS (SELECT FROM mail_cursors c WHERE c.show_id = w.show_id)
ORDER BY s.show_id
ON CONFLICT DO NOTHING
