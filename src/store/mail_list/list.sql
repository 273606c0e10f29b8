-- Few mails may be what is asked for: no more than these are looked at for a page.
WITH looked_at AS MATERIALIZED (
    SELECT m.order_id, m.kind, m.journal_offset, m.caused_at, m.state, m.attempts, m.status, m.due_at, m.ended_at,
           row_number() OVER (ORDER BY m.order_id, m.kind, m.journal_offset) AS number
    FROM mails m
    WHERE m.show_id = :show AND (m.order_id, m.kind, m.journal_offset) > (:after_order, :after_kind, :after_offset)
    ORDER BY m.order_id, m.kind, m.journal_offset
    LIMIT :looked_at_max
)
SELECT l.order_id, l.kind, l.journal_offset, l.caused_at, l.state, l.attempts, l.status, l.due_at, l.ended_at,
       :state::smallint IS NULL OR l.state = :state, l.number = :looked_at_max
FROM looked_at l
WHERE :state::smallint IS NULL OR l.state = :state OR l.number = :looked_at_max
ORDER BY l.number LIMIT :limit
