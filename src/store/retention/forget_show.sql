-- One at a time. Money that a provider has not been told of keeps its show.
DELETE FROM shows s
WHERE s.show_id = (
    SELECT o.show_id FROM shows o
    WHERE greatest(o.starts_at, o.ends_at, o.closes_at, o.returns_until) < clock_timestamp() - make_interval(days => :days)
        AND NOT EXISTS (SELECT FROM outbox b WHERE b.show_id = o.show_id)
    ORDER BY o.show_id
    LIMIT 1
)
