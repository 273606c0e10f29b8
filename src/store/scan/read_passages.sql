-- Who went through the doors with these tickets, and what counts of it.
SELECT k.place, s.scan, coalesce(s.device, ''), coalesce(s.nonce, ''), s.direction, s.made_at, s.allows_reentry, s.fault, s.came_after,
    s.conflict, s.stands, s.list
FROM unnest(:orders, :tickets) WITH ORDINALITY AS k (order_id, ticket, place)
CROSS JOIN LATERAL (
    SELECT a.* FROM scans a
    WHERE a.show_id = :show AND a.order_id = k.order_id AND a.ticket = k.ticket AND a.result <> 3 AND a.undone_at IS NULL
    ORDER BY a.scan
    LIMIT :limit
) s
ORDER BY k.place, s.scan
