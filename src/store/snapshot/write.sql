INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones, blocked, revision, capacities)
VALUES (:show, :offset, :at, :is_open, :seats, :zones, :blocked, :revision, :capacities)
ON CONFLICT DO NOTHING
