SELECT h.is_canceled, c.requested_at,
    coalesce(s.ends_at, greatest(s.starts_at + make_interval(secs => :usual_seconds), s.closes_at))
FROM shows s JOIN journal_heads h USING (show_id) LEFT JOIN cancellations c USING (show_id)
WHERE s.show_id = :show
