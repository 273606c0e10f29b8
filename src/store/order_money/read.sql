SELECT p.show_id, p.payment_id, p.order_id, p.provider, p.payment_method, p.amount, p.currency, p.state, p.reason, p.decline_code,
       p.reference, p.action_url, p.return_url, p.authorised_at IS NOT NULL,
       (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds r WHERE r.show_id = p.show_id AND r.payment_id = p.payment_id),
       d.amount, d.state,
       (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds r
        WHERE r.show_id = p.show_id AND r.payment_id = p.payment_id AND r.order_id = p.order_id)
       + (SELECT coalesce(sum(r.amount), 0)::bigint
          FROM order_credits c JOIN refunds r ON r.show_id = c.show_id AND r.payment_id = c.payment_id AND r.order_id = c.order_id
          WHERE c.show_id = p.show_id AND c.order_id = p.order_id)
FROM (
    (SELECT a.* FROM payments a WHERE a.show_id = :show AND a.order_id = :order AND a.is_live)
    UNION ALL
    (SELECT a.* FROM payments a WHERE a.show_id = :show AND a.order_id = :order AND NOT a.is_live
     ORDER BY a.authorised_at IS NULL, a.created_at DESC LIMIT 1)
) p
LEFT JOIN LATERAL (
    SELECT c.amount, c.state FROM disputes c
    WHERE c.show_id = p.show_id AND c.payment_id = p.payment_id
    ORDER BY c.created_at DESC LIMIT 1
) d ON true
-- An order's only live payment is the last one.
ORDER BY p.is_live DESC LIMIT 1
