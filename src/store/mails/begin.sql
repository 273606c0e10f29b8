-- What happened while no node had a mail server is told to nobody.
INSERT INTO mail_cursors (show_id, journal_offset)
SELECT h.show_id, h.journal_offset FROM shows s JOIN journal_heads h ON h.show_id = s.show_id
ORDER BY h.show_id
ON CONFLICT (show_id) DO UPDATE SET journal_offset = excluded.journal_offset
