DELETE FROM mails WHERE (show_id, order_id, kind, journal_offset) IN (
    SELECT show_id, order_id, kind, journal_offset FROM mails WHERE ended_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY ended_at LIMIT :limit
)
