UPDATE scans SET undone_at = coalesce(undone_at, clock_timestamp()), stands = false, conflict = NULL
WHERE show_id = :show AND scan = :scan
