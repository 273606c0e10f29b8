WITH told AS (
    SELECT t.provider, t.event, t.show_id, t.payment_id, t.reference, t.money_back
    FROM unnest(:provider, :event, :show, :payment, :reference, :money_back)
        AS t (provider, event, show_id, payment_id, reference, money_back)
),
fresh AS (
    -- In order, so that two batches with the same notices don't wait for each other in a circle.
    INSERT INTO notices (provider, event) SELECT DISTINCT t.provider, t.event FROM told t ORDER BY t.provider, t.event
    ON CONFLICT DO NOTHING
    RETURNING provider, event
),
news AS (
    SELECT t.* FROM told t JOIN fresh f ON f.provider = t.provider AND f.event = t.event
),
about AS (
    SELECT p.show_id, p.payment_id, p.provider, p.state, n.money_back FROM news n
    JOIN payments p ON p.show_id = n.show_id AND p.payment_id = n.payment_id AND p.provider = n.provider
    UNION ALL
    SELECT p.show_id, p.payment_id, p.provider, p.state, n.money_back FROM news n
    JOIN payments p ON p.provider = n.provider AND p.reference = n.reference
)
-- What is under way is looked at now. What ended without money is looked at too: there should be none. And what has its money,
-- where more of that went back than is known here.
INSERT INTO outbox AS b (show_id, payment_id, action, due_at, provider)
SELECT a.show_id, a.payment_id, 1, clock_timestamp(), a.provider FROM about a
WHERE a.state IN (1, 5, 6) OR a.state IN (3, 7, 8) AND a.money_back > (
    SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.show_id = a.show_id AND r.payment_id = a.payment_id)
GROUP BY a.show_id, a.payment_id, a.provider
ORDER BY a.show_id, a.payment_id
ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET due_at = least(b.due_at, excluded.due_at)
    WHERE b.action = 1 AND b.dead_at IS NULL
