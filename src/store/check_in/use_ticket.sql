-- Shares the order's lock, which whoever ends an order or gives tickets back has to have: this waits for them, and heeds them.
-- The clock is read behind the lock. Whoever calls has the lock of the show's doors.
WITH good AS (
    SELECT o.show_id, o.order_id, coalesce(s.ends_at, greatest(s.starts_at + make_interval(secs => :usual_seconds), s.closes_at)) AS over_at
    FROM orders o JOIN journal_heads h ON h.show_id = o.show_id JOIN shows s ON s.show_id = o.show_id
    WHERE o.show_id = :show AND o.order_id = :order AND o.state = 2 AND NOT :ticket = ANY (o.returned_tickets) AND NOT h.is_canceled
        AND cardinality(array_positions(coalesce(o.transferred_tickets, '{}'), :ticket)) = :transfers
        -- A payment that the buyer's bank has called back has no money, unless that was won.
        AND NOT EXISTS (SELECT FROM disputes d WHERE d.show_id = o.show_id AND d.payment_id = o.payment_id AND d.state <> 2)
    FOR SHARE OF o
),
used AS (
    INSERT INTO check_ins (show_id, order_id, ticket, category)
    SELECT show_id, order_id, :ticket, :category FROM good WHERE clock_timestamp() < over_at
    ON CONFLICT DO NOTHING
    RETURNING show_id, order_id, ticket, at
)
INSERT INTO scans (show_id, scan, order_id, ticket, direction, made_at, received_at, is_late, allows_reentry, stands, result)
SELECT show_id, :scan, order_id, ticket, 1, at, at, false, false, true, 1 FROM used
RETURNING made_at
