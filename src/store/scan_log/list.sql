SELECT s.scan, s.order_id, s.ticket, s.list, s.device, s.nonce, s.direction, s.made_at, s.received_at, s.is_late, s.result, s.reason,
    s.stands, s.conflict, s.undone_at, o.seats, o.zones
FROM (
    SELECT a.* FROM scans a WHERE a.show_id = :show AND a.scan > :after
    ORDER BY a.scan LIMIT :limit
) s
LEFT JOIN LATERAL (
    SELECT b.seats, b.zones FROM orders b WHERE b.show_id = s.show_id AND b.order_id = s.order_id OFFSET 0
) o ON true
ORDER BY s.scan
