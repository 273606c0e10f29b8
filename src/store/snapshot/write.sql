INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones, blocked)
VALUES (:show, :offset, :at, :is_open, :seats, :zones, :blocked)
ON CONFLICT DO NOTHING
