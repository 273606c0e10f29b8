SELECT j.journal_offset, j.at, j.kind, j.order_id, j.seats, j.zones, j.tickets, o.session_id, o.expires_at, o.kept_until
FROM journal j
-- Booked or extended.
LEFT JOIN orders o ON j.kind IN (1, 10) AND o.show_id = j.show_id AND o.order_id = j.order_id
WHERE j.show_id = :show AND j.journal_offset > :after AND j.journal_offset <= :up_to
ORDER BY j.journal_offset
