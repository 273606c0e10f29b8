INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones)
VALUES (:show, :offset, :at, :is_open, :seats, :zones)
ON CONFLICT DO NOTHING
