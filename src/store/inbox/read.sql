SELECT i.last_number, i.first_kept, i.acknowledged, i.is_filled, i.seen_at > clock_timestamp() - interval '1 day',
       n.number, n.kind, n.show_id, n.at, n.order_id, n.entry, n.expires_at, n.position, n.payment_state, n.amount, n.currency, n.revision
FROM inboxes i
LEFT JOIN LATERAL (
    SELECT t.* FROM inbox_notices t
    WHERE t.session_id = i.session_id AND t.number > coalesce(:after::bigint, i.acknowledged)
    ORDER BY t.number LIMIT :limit
) n ON true
WHERE i.session_id = :session
ORDER BY n.number
