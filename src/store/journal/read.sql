SELECT j.journal_offset, j.at, j.kind, j.order_id, j.seats, j.zones, j.tickets, j.revision,
       coalesce(o.session_id, w.session_id), o.expires_at, o.kept_until, o.created_at, o.total, o.booked_offset, o.code_id, j.label, w.want::text
FROM journal j
-- OFFSET 0 keeps the planner from reading all orders and comparing them.
LEFT JOIN LATERAL (
    SELECT a.session_id, a.expires_at, a.kept_until, a.created_at, a.total, a.booked_offset, a.code_id FROM orders a
    WHERE a.show_id = j.show_id AND a.order_id = j.order_id
    OFFSET 0
) o ON true
LEFT JOIN LATERAL (
    SELECT a.session_id, a.want FROM waitlist_entries a
    WHERE j.kind = 13 AND a.show_id = j.show_id AND a.entry = (j.seats[1]::bigint << 31) + j.seats[2]
    OFFSET 0
) w ON true
WHERE j.show_id = :show AND j.journal_offset > :after AND j.journal_offset <= :up_to
ORDER BY j.journal_offset
