UPDATE lines SET
    admitted = :admitted,
    pace = :pace,
    history = :history,
    paced_by = :node,
    paced_at = clock_timestamp(),
    paced_offset = :offset
WHERE show_id = :show AND opened_at IS NOT NULL AND paced_at IS NOT DISTINCT FROM :seen
    AND :admitted BETWEEN admitted AND last_number
    AND (paced_by IS NULL OR paced_by = :node OR paced_at < clock_timestamp() - make_interval(secs => :lease_seconds))
