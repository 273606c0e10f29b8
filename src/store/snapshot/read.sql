SELECT journal_offset, at, is_open, seats, zones, blocked, revision, capacities FROM snapshots
WHERE show_id = :show AND journal_offset <= :up_to
ORDER BY journal_offset DESC LIMIT 1
