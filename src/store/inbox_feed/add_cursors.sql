-- A show in which there is no cursor yet is newer than the first inbox: it is read from the first event on.
INSERT INTO inbox_cursors (show_id, journal_offset)
SELECT s.show_id, 0 FROM unnest(:shows) AS w (show_id) JOIN shows s ON s.show_id = w.show_id
WHERE NOT EXISTS (SELECT FROM inbox_cursors c WHERE c.show_id = w.show_id)
ORDER BY s.show_id
ON CONFLICT DO NOTHING
