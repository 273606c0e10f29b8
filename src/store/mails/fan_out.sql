-- Orders that were paid after the cause have been told what is so by their tickets.
WITH next AS MATERIALIZED (
    SELECT o.order_id FROM orders o JOIN order_details d ON d.show_id = o.show_id AND d.order_id = o.order_id
    WHERE o.show_id = :show AND o.order_id > :after AND o.state = 2 AND o.paid_offset < :offset AND d.buyer_email IS NOT NULL
    ORDER BY o.order_id LIMIT :limit
),
made AS (
    INSERT INTO mails (show_id, order_id, kind, journal_offset, caused_at, due_at)
    SELECT m.show_id, n.order_id, m.kind, m.journal_offset, m.caused_at, clock_timestamp()
    FROM next n CROSS JOIN mails m
    WHERE m.show_id = :show AND m.order_id = -1 AND m.kind = :kind AND m.journal_offset = :offset
    ON CONFLICT DO NOTHING
)
SELECT order_id FROM next ORDER BY order_id DESC LIMIT 1
