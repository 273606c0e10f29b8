WITH live_seat AS (
    SELECT o.show_id, o.order_id, o.state, unnest(o.seats) AS seat FROM orders o WHERE o.state IN (1, 2)
),
live_zone AS (
    SELECT o.show_id, o.state, o.zones[i] AS zone, o.zones[i + 1] AS count
    FROM orders o, generate_series(1, cardinality(o.zones), 2) AS i
    WHERE o.state IN (1, 2)
),
violation (invariant, show_id, detail) AS (
    SELECT 'a seat is in at most one live order', show_id, format('seat %s in %s orders', seat, count(*))
    FROM live_seat GROUP BY show_id, seat HAVING count(*) > 1
    UNION ALL
    SELECT 'a live order''s seats are its own', l.show_id, format('order %s, seat %s', l.order_id, l.seat)
    FROM live_seat l LEFT JOIN seats s USING (show_id, seat)
    WHERE s.order_id IS DISTINCT FROM l.order_id OR s.state IS DISTINCT FROM l.state
    UNION ALL
    SELECT 'a held or sold seat is in its live order', s.show_id, format('seat %s, order %s', s.seat, s.order_id)
    FROM seats s LEFT JOIN live_seat l USING (show_id, seat)
    WHERE s.state IN (1, 2) AND s.order_id IS DISTINCT FROM l.order_id
    UNION ALL
    SELECT 'a zone''s counters are its live orders''', z.show_id, format('zone %s', z.zone)
    FROM zones z LEFT JOIN live_zone l ON l.show_id = z.show_id AND l.zone = z.zone
    GROUP BY z.show_id, z.zone, z.held, z.sold
    HAVING z.held <> coalesce(sum(l.count) FILTER (WHERE l.state = 1), 0)
        OR z.sold <> coalesce(sum(l.count) FILTER (WHERE l.state = 2), 0)
    UNION ALL
    SELECT 'the journal has no gap', h.show_id, format('head %s, %s events up to %s', h.journal_offset, count(j.*), max(j.journal_offset))
    FROM journal_heads h LEFT JOIN journal j USING (show_id)
    GROUP BY h.show_id, h.journal_offset
    HAVING count(j.*) <> h.journal_offset OR coalesce(max(j.journal_offset), 0) <> h.journal_offset
    UNION ALL
    SELECT 'an order is booked in the journal', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN journal j ON j.show_id = o.show_id AND j.journal_offset = o.booked_offset
    WHERE j.order_id IS DISTINCT FROM o.order_id OR j.kind <> 1 OR j.seats <> o.seats OR j.zones <> o.zones
    UNION ALL
    SELECT 'an order''s end is in the journal once', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN journal j ON j.show_id = o.show_id AND j.order_id = o.order_id AND j.kind <> 1
    GROUP BY o.show_id, o.order_id, o.state
    HAVING array_agg(j.kind ORDER BY j.kind) FILTER (WHERE j.kind IS NOT NULL) IS DISTINCT FROM
        CASE o.state WHEN 2 THEN '{4}'::smallint[] WHEN 3 THEN '{2}' WHEN 4 THEN '{3}' WHEN 5 THEN '{4,5}' END
    UNION ALL
    SELECT 'a paid order has its money', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN payments p ON p.show_id = o.show_id AND p.payment_id = o.payment_id
    WHERE o.state = 2 AND (p.order_id IS DISTINCT FROM o.order_id OR p.state NOT IN (2, 3) OR p.amount <> o.total)
    UNION ALL
    SELECT 'money taken has its order', p.show_id, format('payment %s', p.payment_id)
    FROM payments p LEFT JOIN orders o ON o.show_id = p.show_id AND o.order_id = p.order_id
    WHERE p.state IN (2, 3) AND (o.state IS DISTINCT FROM 2 OR o.payment_id IS DISTINCT FROM p.payment_id)
    UNION ALL
    SELECT 'a refunded order gives its money back', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN payments p ON p.show_id = o.show_id AND p.payment_id = o.payment_id
    WHERE o.state = 5 AND coalesce(p.state, 0) NOT IN (4, 5, 7, 8)
    UNION ALL
    SELECT 'unfinished money is in the outbox', p.show_id, format('payment %s', p.payment_id)
    FROM payments p LEFT JOIN outbox b USING (show_id, payment_id)
    WHERE p.state IN (1, 2, 4, 7) AND b.action IS DISTINCT FROM CASE p.state WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 4 THEN 3 ELSE 4 END
    UNION ALL
    SELECT 'the outbox is of unfinished money', b.show_id, format('payment %s', b.payment_id)
    FROM outbox b LEFT JOIN payments p USING (show_id, payment_id)
    WHERE p.state IS NULL OR p.state NOT IN (1, 2, 4, 7)
    UNION ALL
    SELECT 'an answer''s order exists', i.show_id, format('key %s', i.key)
    FROM idempotency i
    LEFT JOIN orders o ON o.show_id = i.show_id
        AND o.order_id = (i.decision::jsonb #>> '{outcome,held,order}')::bigint
    WHERE i.show_id <> 0 AND i.decision::jsonb #> '{outcome,held}' IS NOT NULL AND o.order_id IS NULL
    UNION ALL
    SELECT 'an order''s number is of its show''s block', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN order_blocks b ON b.block = o.order_id / 1024
    WHERE b.show_id IS DISTINCT FROM o.show_id
)
SELECT invariant, show_id, detail FROM violation LIMIT 1000
