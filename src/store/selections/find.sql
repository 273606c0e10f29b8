SELECT show_id, selection, seats, zones, created_at, deleted_at IS NOT NULL
FROM selections WHERE show_id = :show AND selection = :word
