INSERT INTO scans (show_id, scan, order_id, ticket, list, device, nonce, digest, direction, made_at, received_at, is_late, allows_reentry,
    fault, came_after, conflict, stands, result, reason)
SELECT :show, s.scan, s.order_id, s.ticket, s.list, s.device, s.nonce, s.digest, s.direction, s.made_at, :received_at, s.is_late,
    s.allows_reentry, s.fault, s.came_after, s.conflict, s.stands, s.result, s.reason
FROM unnest(:scan::bigint[], :order::bigint[], :ticket::smallint[], :list::smallint[], :device::text[], :nonce::text[], :digest::bytea[],
    :direction::smallint[], :made_at::timestamptz[], :is_late::boolean[], :allows_reentry::boolean[], :fault::smallint[],
    :came_after::smallint[], :conflict::smallint[], :stands::boolean[], :result::smallint[], :reason::smallint[])
    AS s (scan, order_id, ticket, list, device, nonce, digest, direction, made_at, is_late, allows_reentry, fault, came_after, conflict,
        stands, result, reason)
