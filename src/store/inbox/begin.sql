-- What happened before there was any inbox is told to nobody.
INSERT INTO inbox_cursors (show_id, journal_offset, is_canceled)
SELECT h.show_id, h.journal_offset, h.is_canceled FROM shows s JOIN journal_heads h ON h.show_id = s.show_id
ORDER BY h.show_id
ON CONFLICT (show_id) DO UPDATE SET journal_offset = excluded.journal_offset, is_canceled = excluded.is_canceled
