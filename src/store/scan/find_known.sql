SELECT k.place, s.digest, s.scan, s.order_id, s.ticket, s.made_at, s.result, s.reason
FROM unnest(:devices, :nonces) WITH ORDINALITY AS k (device, nonce, place)
CROSS JOIN LATERAL (
    SELECT a.* FROM scans a WHERE a.show_id = :show AND a.device = k.device AND a.nonce = k.nonce OFFSET 0
) s
