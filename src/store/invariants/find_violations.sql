-- Tickets are numbered from 0: one a seat, then one a place of each zone.
WITH live_seat AS (
    SELECT o.show_id, o.order_id, o.state, t.seat
    FROM orders o, unnest(o.seats) WITH ORDINALITY AS t (seat, number)
    WHERE o.state IN (1, 2) AND (t.number - 1)::smallint <> ALL (o.returned_tickets)
),
zone_ticket AS (
    SELECT o.show_id, o.state, t.zone, o.returned_tickets,
        row_number() OVER (PARTITION BY o.show_id, o.order_id ORDER BY t.i, t.place) + cardinality(o.seats) - 1 AS number
    FROM orders o
    CROSS JOIN LATERAL (
        SELECT o.zones[i] AS zone, i, place
        FROM generate_series(1, cardinality(o.zones), 2) AS i, generate_series(1, o.zones[i + 1]) AS place
    ) t
    WHERE o.state IN (1, 2)
),
live_zone AS (
    SELECT z.show_id, z.state, z.zone, count(*) AS count FROM zone_ticket z
    WHERE z.number::smallint <> ALL (z.returned_tickets)
    GROUP BY z.show_id, z.state, z.zone
),
-- Where each journal begins: what is older may have been forgotten.
beginning AS (
    SELECT h.show_id, h.journal_offset AS head, count(j.*) AS events, coalesce(min(j.journal_offset), h.journal_offset + 1) AS first
    FROM journal_heads h LEFT JOIN journal j USING (show_id)
    GROUP BY h.show_id, h.journal_offset
),
-- Orders all of whose events are there.
told_order AS (
    SELECT o.* FROM orders o LEFT JOIN beginning b USING (show_id) WHERE o.booked_offset >= coalesce(b.first, 1)
),
order_events AS (
    SELECT j.show_id, j.order_id, count(*) FILTER (WHERE j.kind = 1) AS booked,
        count(*) FILTER (WHERE j.kind = 2 AND j.tickets IS NULL) AS canceled,
        count(*) FILTER (WHERE j.kind = 3) AS timed_out, count(*) FILTER (WHERE j.kind = 4) AS paid,
        count(*) FILTER (WHERE j.kind = 5) AS returned, count(*) FILTER (WHERE j.kind = 10) AS extended
    FROM journal j WHERE j.order_id IS NOT NULL GROUP BY j.show_id, j.order_id
),
-- Places that held orders have given up, and have others left.
dropped AS (
    SELECT j.show_id, j.order_id, array_agg(p.seat) FILTER (WHERE p.seat IS NOT NULL) AS seats,
        array_agg(p.zone) FILTER (WHERE p.zone IS NOT NULL) AS zones
    FROM journal j CROSS JOIN LATERAL (
        SELECT s.seat, NULL::int AS zone FROM unnest(j.seats) AS s (seat)
        UNION ALL
        SELECT NULL, j.zones[i] FROM generate_series(1, cardinality(j.zones), 2) AS i, generate_series(1, j.zones[i + 1])
    ) p
    WHERE j.kind = 2 AND j.tickets IS NOT NULL
    GROUP BY j.show_id, j.order_id
),
journaled_return AS (
    SELECT j.show_id, j.order_id, array_agg(t.ticket ORDER BY t.ticket) AS tickets
    FROM journal j, unnest(j.tickets) AS t (ticket) WHERE j.kind = 5
    GROUP BY j.show_id, j.order_id
),
journaled_transfer AS (
    SELECT j.show_id, j.order_id, array_agg(t.ticket ORDER BY j.journal_offset) AS tickets
    FROM journal j, unnest(j.tickets) AS t (ticket) WHERE j.kind = 12
    GROUP BY j.show_id, j.order_id
),
-- What each payment has in each account of the ledger.
balance AS (
    SELECT l.show_id, l.payment_id, e.account, sum(e.amount) AS amount
    FROM ledger l CROSS JOIN LATERAL (VALUES (l.debit, l.amount), (l.credit, -l.amount)) AS e (account, amount)
    GROUP BY l.show_id, l.payment_id, e.account
),
refund AS (
    SELECT r.show_id, r.payment_id, sum(r.amount) FILTER (WHERE r.state = 1) AS due, sum(r.amount) FILTER (WHERE r.state = 2) AS done,
        bool_or(r.reference IS NULL) AS is_own
    FROM refunds r GROUP BY r.show_id, r.payment_id
),
-- What buyers' banks have called back.
dispute AS (
    SELECT d.show_id, d.payment_id, sum(d.amount) FILTER (WHERE d.state <> 2) AS out FROM disputes d GROUP BY d.show_id, d.payment_id
),
account AS (
    SELECT p.show_id, p.payment_id, p.state, p.amount, p.fee, p.authorised_at,
        coalesce(sum(b.amount) FILTER (WHERE b.account = 'authorised'), 0) AS authorised,
        coalesce(sum(b.amount) FILTER (WHERE b.account = 'provider'), 0) AS provider,
        coalesce(sum(b.amount) FILTER (WHERE b.account = 'fees'), 0) AS fees,
        coalesce(max(r.done), 0) AS refunded, coalesce(max(r.due), 0) AS refunding, bool_or(r.due IS NOT NULL) AS has_due_refund,
        coalesce(max(d.out), 0) AS disputed, bool_or(d.payment_id IS NOT NULL) AS was_disputed
    FROM payments p LEFT JOIN balance b USING (show_id, payment_id) LEFT JOIN refund r USING (show_id, payment_id)
    LEFT JOIN dispute d USING (show_id, payment_id)
    GROUP BY p.show_id, p.payment_id
),
-- What each order has of older payments, and what other orders have of each payment.
credit AS (
    SELECT c.show_id, c.order_id, sum(c.amount) AS amount, sum(c.amount - c.used) AS unused FROM order_credits c GROUP BY c.show_id, c.order_id
),
lent AS (
    SELECT c.show_id, c.payment_id, sum(c.amount - c.used) AS amount FROM order_credits c GROUP BY c.show_id, c.payment_id
),
-- What counts of the scans of each ticket.
ticket_scans AS (
    SELECT s.show_id, s.order_id, s.ticket, count(*) FILTER (WHERE s.direction = 1) AS entries,
        count(*) FILTER (WHERE s.direction = 2) AS exits, min(s.made_at) FILTER (WHERE s.direction = 1) AS first_at
    FROM scans s WHERE s.stands GROUP BY s.show_id, s.order_id, s.ticket
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
    SELECT 'the journal has no gap', b.show_id, format('head %s, %s events from %s', b.head, b.events, b.first)
    FROM beginning b
    WHERE b.events <> b.head - b.first + 1 OR EXISTS (SELECT FROM journal j WHERE j.show_id = b.show_id AND j.journal_offset > b.head)
    UNION ALL
    SELECT 'a journal begins with its first event or a snapshot', b.show_id, format('event %s', b.first)
    FROM beginning b
    WHERE b.first > 1 AND NOT EXISTS (SELECT FROM snapshots s WHERE s.show_id = b.show_id AND s.journal_offset >= b.first - 1)
    UNION ALL
    SELECT 'an order is booked in the journal', o.show_id, format('order %s', o.order_id)
    FROM told_order o LEFT JOIN journal j ON j.show_id = o.show_id AND j.journal_offset = o.booked_offset
    LEFT JOIN dropped d ON d.show_id = o.show_id AND d.order_id = o.order_id
    WHERE j.order_id IS DISTINCT FROM o.order_id OR j.kind <> 1
        OR o.seats <> ARRAY(SELECT s.seat FROM unnest(j.seats) WITH ORDINALITY AS s (seat, place)
                            WHERE s.seat <> ALL (coalesce(d.seats, '{}')) ORDER BY s.place)
        OR o.zones <> ARRAY(
            SELECT unnest(ARRAY[z.zone, z.places]) FROM (
                SELECT i, j.zones[i] AS zone, j.zones[i + 1] - cardinality(array_positions(coalesce(d.zones, '{}'), j.zones[i])) AS places
                FROM generate_series(1, cardinality(j.zones), 2) AS i
            ) z WHERE z.places > 0 ORDER BY z.i)
    UNION ALL
    SELECT 'a discount is what was taken off the tickets', o.show_id, format('order %s', o.order_id)
    FROM orders o
    WHERE o.bill #> '{discount,parts}' IS NOT NULL AND ((o.bill #>> '{discount,amount}')::bigint, cardinality(o.prices)) IS DISTINCT FROM (
        SELECT (sum(p.part::bigint)::bigint, count(*)::int) FROM jsonb_array_elements_text(o.bill #> '{discount,parts}') AS p (part))
    UNION ALL
    SELECT 'an order''s way is in the journal', o.show_id, format('order %s', o.order_id)
    FROM told_order o LEFT JOIN order_events e USING (show_id, order_id)
    WHERE NOT coalesce(e.extended <= 1 AND CASE o.state
        WHEN 1 THEN (e.booked, e.canceled, e.timed_out, e.paid, e.returned) = (1, 0, 0, 0, 0)
        WHEN 3 THEN (e.booked, e.canceled, e.timed_out, e.paid, e.returned) = (1, 1, 0, 0, 0)
        WHEN 4 THEN (e.booked, e.canceled, e.timed_out, e.paid, e.returned) = (1, 0, 1, 0, 0)
        -- Late money that was honoured: it timed out, and was booked once more.
        ELSE e.timed_out <= 1 AND (e.booked, e.canceled, e.paid) = (1 + e.timed_out, 0, 1) AND (e.returned > 0 OR o.state = 2)
    END, false)
    UNION ALL
    SELECT 'a ticket given back is in the journal once', o.show_id, format('order %s', o.order_id)
    FROM told_order o LEFT JOIN journaled_return r USING (show_id, order_id)
    WHERE coalesce(r.tickets, '{}') <> (SELECT coalesce(array_agg(t.ticket ORDER BY t.ticket), '{}') FROM unnest(o.returned_tickets) AS t (ticket))
    UNION ALL
    SELECT 'a transfer is in the journal once, and of an order that was paid', o.show_id, format('order %s', o.order_id)
    FROM told_order o LEFT JOIN journaled_transfer t USING (show_id, order_id)
    WHERE t.tickets IS DISTINCT FROM o.transferred_tickets OR t.tickets IS NOT NULL AND o.state NOT IN (2, 5)
    UNION ALL
    SELECT 'a paid order has its money', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN payments p ON p.show_id = o.show_id AND p.payment_id = o.payment_id
    LEFT JOIN credit c ON c.show_id = o.show_id AND c.order_id = o.order_id
    WHERE o.state = 2 AND (p.order_id IS DISTINCT FROM o.order_id OR p.state NOT IN (2, 3) OR p.amount + coalesce(c.amount, 0) <> o.total)
    UNION ALL
    SELECT 'money taken has its order', p.show_id, format('payment %s', p.payment_id)
    FROM payments p LEFT JOIN orders o ON o.show_id = p.show_id AND o.order_id = p.order_id
    LEFT JOIN lent l ON l.show_id = p.show_id AND l.payment_id = p.payment_id
    WHERE p.state IN (2, 3) AND (o.payment_id IS DISTINCT FROM p.payment_id
        OR o.state IS DISTINCT FROM 2 AND NOT (o.state = 5 AND coalesce(l.amount, 0) > 0))
    UNION ALL
    SELECT 'a refunded order gives its money back', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN payments p ON p.show_id = o.show_id AND p.payment_id = o.payment_id
    LEFT JOIN lent l ON l.show_id = p.show_id AND l.payment_id = p.payment_id
    WHERE o.state = 5 AND coalesce(p.state, 0) NOT IN (4, 5, 7, 8) AND NOT (p.state = 3 AND coalesce(l.amount, 0) > 0)
    UNION ALL
    SELECT 'only a paid order has money of older payments', o.show_id, format('order %s', o.order_id)
    FROM credit c JOIN orders o USING (show_id, order_id) WHERE o.state <> 2 AND c.unused > 0
    UNION ALL
    SELECT 'what orders have of a payment is there', c.show_id, format('payment %s', c.payment_id)
    FROM lent c LEFT JOIN account a USING (show_id, payment_id)
    -- But for what went back at the provider or was called back.
    WHERE a.state IS DISTINCT FROM 3 AND c.amount > 0 OR c.amount > a.amount - a.refunded - a.refunding AND NOT a.was_disputed AND NOT EXISTS (
        SELECT FROM refunds r WHERE r.show_id = c.show_id AND r.payment_id = c.payment_id AND r.reference IS NOT NULL)
    UNION ALL
    SELECT 'an order in exchange is paid for those tickets of another one', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN orders e ON e.show_id = o.show_id AND e.order_id = o.exchange_of
    WHERE o.exchange_of IS NOT NULL AND o.state IN (2, 5) AND (e.order_id IS NULL OR NOT o.exchange_tickets <@ e.returned_tickets)
    UNION ALL
    SELECT 'a ticket is exchanged once', o.show_id, format('order %s, ticket %s', o.exchange_of, t.ticket)
    FROM orders o, unnest(o.exchange_tickets) AS t (ticket) WHERE o.state IN (2, 5)
    GROUP BY o.show_id, o.exchange_of, t.ticket HAVING count(*) > 1
    UNION ALL
    SELECT 'an order tells what it was exchanged for', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN orders n ON n.show_id = o.show_id AND n.order_id = o.exchanged_for
    WHERE o.exchanged_for IS NOT NULL AND n.exchange_of IS DISTINCT FROM o.order_id
    UNION ALL
    SELECT 'an order in exchange takes of its payment what is due', p.show_id, format('payment %s', p.payment_id)
    FROM payments p JOIN orders o USING (show_id, order_id)
    WHERE o.exchange_of IS NOT NULL AND p.amount <> greatest(o.total - o.exchange_credit, 0)
    UNION ALL
    SELECT 'unfinished money is in the outbox', p.show_id, format('payment %s', p.payment_id)
    FROM payments p
    LEFT JOIN outbox b ON b.show_id = p.show_id AND b.payment_id = p.payment_id AND b.refund_id = '00000000-0000-0000-0000-000000000000'
    WHERE p.state IN (1, 2, 4) AND b.action IS DISTINCT FROM CASE p.state WHEN 4 THEN 3 ELSE p.state END
    UNION ALL
    SELECT 'a due refund is in the outbox', r.show_id, format('refund %s', r.refund_id)
    FROM refunds r LEFT JOIN outbox b USING (show_id, payment_id, refund_id)
    WHERE r.state = 1 AND b.action IS DISTINCT FROM 4
    UNION ALL
    SELECT 'the outbox is of unfinished money', b.show_id, format('payment %s', b.payment_id)
    FROM outbox b
    LEFT JOIN payments p USING (show_id, payment_id)
    LEFT JOIN refunds r ON r.show_id = b.show_id AND r.refund_id = b.refund_id
    WHERE CASE b.action
        -- A payment that has ended may be looked at once more.
        WHEN 1 THEN p.state IS NULL
        WHEN 2 THEN p.state IS DISTINCT FROM 2
        WHEN 3 THEN p.state IS DISTINCT FROM 4
        ELSE r.state IS DISTINCT FROM 1
    END
    UNION ALL
    SELECT 'the ledger is where the payments are', a.show_id, format('payment %s, state %s', a.payment_id, a.state)
    FROM account a
    WHERE a.authorised <> CASE a.state WHEN 2 THEN a.amount WHEN 4 THEN a.authorised ELSE 0 END OR a.authorised NOT IN (0, a.amount)
        OR a.state = 4 AND a.authorised_at IS NOT NULL AND a.authorised = 0 AND a.amount > 0
        OR a.provider <> CASE WHEN a.state IN (3, 7, 8) THEN a.amount - a.fee - a.refunded - a.disputed ELSE 0 END
        OR a.fees <> CASE WHEN a.state IN (3, 7, 8) THEN a.fee ELSE 0 END
    UNION ALL
    SELECT 'a payment gives back what it has at most', a.show_id, format('payment %s', a.payment_id)
    FROM account a
    WHERE a.refunded + a.refunding > a.amount OR a.state = 7 AND NOT a.has_due_refund
        -- Of one that was disputed, what the bank called back does not go back once more.
        OR NOT a.was_disputed AND (a.state = 7 AND a.refunded + a.refunding <> a.amount OR a.state = 8 AND a.refunded <> a.amount)
    UNION ALL
    SELECT 'a paid order''s refunds are its returned tickets, but for those made at the provider', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN refund r ON r.show_id = o.show_id AND r.payment_id = o.payment_id
    WHERE o.state = 2 AND (cardinality(o.returned_tickets) > 0) <> coalesce(r.is_own, false)
    UNION ALL
    SELECT 'a ledger entry has its payment', l.show_id, format('payment %s', l.payment_id)
    FROM ledger l LEFT JOIN payments p USING (show_id, payment_id)
    WHERE p.state IS NULL OR p.currency <> l.currency
    UNION ALL
    SELECT 'a canceled show sells nothing', h.show_id, ''
    FROM journal_heads h JOIN cancellations c USING (show_id)
    WHERE c.finished_at IS NOT NULL AND (h.is_open OR EXISTS (SELECT 1 FROM orders o WHERE o.show_id = h.show_id AND o.state IN (1, 2)))
    UNION ALL
    SELECT 'an answer''s order exists', i.show_id, format('key %s', i.key)
    FROM idempotency i
    LEFT JOIN orders o ON o.show_id = i.show_id
        AND o.order_id = (i.decision::jsonb #>> '{outcome,held,order}')::bigint
    WHERE i.show_id <> 0 AND i.decision::jsonb #> '{outcome,held}' IS NOT NULL AND o.order_id IS NULL
    UNION ALL
    SELECT 'a used ticket is never given back', c.show_id, format('order %s, ticket %s', c.order_id, c.ticket)
    FROM check_ins c LEFT JOIN orders o USING (show_id, order_id)
    -- But before the office heard of its use.
    WHERE (o.state IS DISTINCT FROM 2 OR c.ticket = ANY (o.returned_tickets)) AND NOT c.is_given_back
        AND NOT EXISTS (SELECT FROM cancellations a WHERE a.show_id = c.show_id)
    UNION ALL
    SELECT 'a ticket said to be used and given back is given back', c.show_id, format('order %s, ticket %s', c.order_id, c.ticket)
    FROM check_ins c LEFT JOIN orders o USING (show_id, order_id)
    WHERE c.is_given_back AND o.state IS DISTINCT FROM 5 AND NOT coalesce(c.ticket = ANY (o.returned_tickets), false)
    UNION ALL
    SELECT 'who is inside has come in once more than gone out', t.show_id, format('order %s, ticket %s', t.order_id, t.ticket)
    FROM ticket_scans t LEFT JOIN check_ins c USING (show_id, order_id, ticket)
    WHERE t.entries <> t.exits + coalesce(c.is_inside, false)::int OR t.entries > 0 AND c.at IS DISTINCT FROM t.first_at
        -- What nodes of the version before write is no scan.
        OR t.entries = 0 AND t.exits > 0
    UNION ALL
    SELECT 'a scan has its number from the door', s.show_id, format('scan %s', s.scan)
    FROM scans s LEFT JOIN doors d USING (show_id)
    WHERE s.scan > coalesce(d.scans, 0)
    UNION ALL
    SELECT 'a scan that counts was let through, is not undone and has nothing wrong with it in itself', s.show_id, format('scan %s', s.scan)
    FROM scans s WHERE s.stands AND (s.result = 3 OR s.fault IS NOT NULL OR s.undone_at IS NOT NULL)
    UNION ALL
    SELECT 'a scan that counts is of an order', s.show_id, format('scan %s', s.scan)
    FROM scans s LEFT JOIN orders o USING (show_id, order_id)
    WHERE s.stands AND o.state IS NULL
    UNION ALL
    SELECT 'a scan''s list is one of its show''s', s.show_id, format('scan %s', s.scan)
    FROM scans s LEFT JOIN check_in_lists l USING (show_id, list)
    WHERE s.list IS NOT NULL AND l.name IS NULL
    UNION ALL
    SELECT 'an order''s number is in a range of its show', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN LATERAL (
        SELECT n.* FROM order_ranges n WHERE n.first_number <= o.order_id ORDER BY n.first_number DESC LIMIT 1
    ) r ON o.order_id < r.first_number + r.numbers
    WHERE r.show_id IS DISTINCT FROM o.show_id
    UNION ALL
    SELECT 'an order''s answer names its paid event', o.show_id, format('order %s', o.order_id)
    FROM told_order o LEFT JOIN journal j ON j.show_id = o.show_id AND j.journal_offset = o.paid_offset
        AND j.kind = 4 AND j.order_id = o.order_id
    WHERE (o.payment_id IS NULL) <> (j.show_id IS NULL)
    UNION ALL
    SELECT 'what is an organiser''s names one that is there', n.show_id, n.what
    FROM (
        SELECT organiser_id, show_id, 'the show' AS what FROM shows
        UNION ALL SELECT organiser_id, 0, format('plan %s', plan_id) FROM plans
        UNION ALL SELECT organiser_id, 0, format('key %s', key_id) FROM keys WHERE organiser_id IS NOT NULL
        UNION ALL SELECT organiser_id, 0, format('endpoint %s', endpoint_id) FROM webhook_endpoints
        UNION ALL SELECT organiser_id, 0, 'the sender of mail' FROM mail_senders
        UNION ALL SELECT organiser_id, 0, format('a template of mail, kind %s', kind) FROM mail_templates
    ) n LEFT JOIN organisers o USING (organiser_id)
    WHERE o.organiser_id IS NULL
    UNION ALL
    SELECT 'a show is made from a plan of its organiser', s.show_id, format('plan %s', p.plan_id)
    FROM shows s JOIN plans p USING (plan_id) WHERE p.organiser_id <> s.organiser_id
    UNION ALL
    SELECT 'a key is an organiser''s or the operator''s', 0, format('key %s', k.key_id)
    FROM keys k WHERE (k.organiser_id IS NULL) <> (k.role = 'operator')
    UNION ALL
    SELECT 'an endpoint is told of no more than has happened', c.show_id, format('endpoint %s at %s', c.endpoint_id, c.journal_offset)
    FROM webhook_cursors c JOIN journal_heads h USING (show_id)
    WHERE c.journal_offset > h.journal_offset
    UNION ALL
    SELECT 'an endpoint is told of its organiser''s shows', c.show_id, format('endpoint %s', c.endpoint_id)
    FROM webhook_cursors c JOIN webhook_endpoints e USING (endpoint_id) JOIN shows s ON s.show_id = c.show_id
    WHERE s.organiser_id <> e.organiser_id
    UNION ALL
    SELECT 'mail is about what has happened', m.show_id, format('order %s at %s', m.order_id, m.journal_offset)
    FROM mails m JOIN journal_heads h USING (show_id)
    WHERE m.journal_offset > h.journal_offset
    UNION ALL
    SELECT 'journals are followed for mail up to what has happened', c.show_id, format('at %s', c.journal_offset)
    FROM mail_cursors c JOIN journal_heads h USING (show_id)
    WHERE c.journal_offset > h.journal_offset
    UNION ALL
    SELECT 'a mail is tried until it has ended', m.show_id, format('order %s at %s', m.order_id, m.journal_offset)
    FROM mails m
    WHERE (m.state = 1) <> (m.due_at IS NOT NULL) OR (m.state = 1) <> (m.ended_at IS NULL)
    UNION ALL
    SELECT 'a mail that waits is for an order of its show', m.show_id, format('order %s at %s', m.order_id, m.journal_offset)
    FROM mails m LEFT JOIN orders o USING (show_id, order_id)
    WHERE m.state = 1 AND m.order_id >= 0 AND o.state IS NULL
    UNION ALL
    SELECT 'a journal''s head knows the show''s terms', s.show_id, format('revision %s, not %s', h.revision, s.revision)
    FROM shows s JOIN journal_heads h USING (show_id) WHERE h.revision <> s.revision
    UNION ALL
    SELECT 'every revision of a show''s terms is kept', s.show_id, format('%s of %s', count(r.*), s.revision)
    FROM shows s LEFT JOIN show_revisions r USING (show_id)
    GROUP BY s.show_id, s.revision
    HAVING count(r.*) <> CASE s.revision WHEN 1 THEN 0 ELSE s.revision END OR max(r.revision) <> s.revision
    UNION ALL
    SELECT 'what is kept of the present terms is what they are', s.show_id, format('revision %s', s.revision)
    FROM shows s JOIN show_revisions r USING (show_id, revision) WHERE to_jsonb(jsonb_populate_record(s, r.terms)) <> to_jsonb(s)
    UNION ALL
    SELECT 'a zone is as large as the terms say', s.show_id, format('%s, not %s', z.capacities, s.zone_capacities)
    FROM shows s
    CROSS JOIN LATERAL (SELECT array_agg(a.capacity ORDER BY a.zone) AS capacities FROM zones a WHERE a.show_id = s.show_id) z
    WHERE s.zone_capacities <> z.capacities
    UNION ALL
    SELECT 'a seat with a label is blocked, and has one', l.show_id, format('seat %s', l.seat)
    FROM labeled_places l LEFT JOIN seats s USING (show_id, seat)
    WHERE l.seat >= 0 GROUP BY l.show_id, l.seat, s.state HAVING s.state IS DISTINCT FROM 3 OR count(*) > 1
    UNION ALL
    SELECT 'places of a zone with labels are blocked', l.show_id, format('zone %s', l.zone)
    FROM labeled_places l LEFT JOIN zones z USING (show_id, zone)
    WHERE l.zone >= 0 GROUP BY l.show_id, l.zone, z.blocked HAVING sum(l.places) > coalesce(z.blocked, 0)
    UNION ALL
    SELECT 'a code is used as often as it may be at most', c.show_id, format('code %s, %s times', c.code_id, count(*))
    FROM codes c JOIN orders o USING (show_id, code_id) WHERE o.state = 2 OR o.state = 1 AND o.kept_until > clock_timestamp()
    GROUP BY c.show_id, c.code_id, c.uses_max HAVING count(*) > c.uses_max
    UNION ALL
    SELECT 'an order''s code is one of its show, and tells its discount', o.show_id, format('order %s', o.order_id)
    FROM orders o LEFT JOIN codes c USING (show_id, code_id)
    WHERE c.word IS DISTINCT FROM o.bill #>> '{discount,code}'
    UNION ALL
    SELECT 'an order with a bill tells the price and the type of each ticket', o.show_id, format('order %s', o.order_id)
    FROM orders o
    WHERE o.bill IS NOT NULL AND (o.prices IS NULL
        OR coalesce(jsonb_array_length(o.bill -> 'ticket_types'), 0) NOT IN (0, cardinality(o.prices)))
    UNION ALL
    SELECT 'an order''s tickets cost what it costs', o.show_id, format('order %s', o.order_id)
    FROM orders o CROSS JOIN LATERAL (SELECT sum(p.price) AS total, count(*) AS tickets FROM unnest(o.prices) AS p (price)) t
    CROSS JOIN LATERAL (
        SELECT coalesce((o.bill ->> 'order_fee')::bigint, 0)
            + coalesce((o.bill ->> 'ticket_fee')::bigint, 0) * count(*) FILTER (WHERE p.price > 0) AS total
        FROM unnest(o.prices) AS p (price)
    ) f
    WHERE o.prices IS NOT NULL AND (t.total + f.total <> o.total OR t.tickets <> cardinality(o.seats) + coalesce(
        (SELECT sum(o.zones[i + 1]) FROM generate_series(1, cardinality(o.zones), 2) AS i), 0))
    UNION ALL
    SELECT 'no more people come than an order has tickets', o.show_id, format('order %s', o.order_id)
    FROM order_details d JOIN orders o USING (show_id, order_id)
    WHERE cardinality(d.attendees) > cardinality(o.seats) + coalesce(
        (SELECT sum(o.zones[i + 1]) FROM generate_series(1, cardinality(o.zones), 2) AS i), 0)
    UNION ALL
    SELECT 'an entry that waits stands where it joined in the journal', w.show_id, format('entry %s at %s', w.entry, w.place)
    FROM waitlist_entries w LEFT JOIN journal j ON j.show_id = w.show_id AND j.journal_offset = w.place
    LEFT JOIN beginning b ON b.show_id = w.show_id
    WHERE w.state = 1 AND w.place >= b.first AND j.kind IS DISTINCT FROM 13
    UNION ALL
    SELECT 'who has waited got an order of the same session', w.show_id, format('entry %s, order %s', w.entry, w.order_id)
    FROM waitlist_entries w LEFT JOIN orders o USING (show_id, order_id)
    WHERE (w.state = 2) <> (w.order_id IS NOT NULL) OR o.session_id <> w.session_id
    UNION ALL
    SELECT 'an offer is in the journal once', j.show_id, format('order %s', j.order_id)
    FROM journal j LEFT JOIN waitlist_entries w ON w.show_id = j.show_id AND w.order_id = j.order_id AND w.state = 2
    LEFT JOIN orders o ON o.show_id = j.show_id AND o.order_id = j.order_id
    WHERE j.kind = 15 AND o.order_id IS NOT NULL GROUP BY j.show_id, j.order_id HAVING count(*) > 1 OR count(w.entry) <> 1
    UNION ALL
    SELECT 'nothing is told of who waits no longer', w.show_id, format('entry %s', w.entry)
    FROM waitlist_entries w
    WHERE w.state <> 1 AND coalesce(w.buyer_name, w.buyer_email, w.buyer_phone, w.locale) IS NOT NULL
    UNION ALL
    SELECT 'an inbox has every notice from the first that is kept to the last', 0, format('session %s', i.session_id)
    FROM inboxes i LEFT JOIN inbox_notices n USING (session_id)
    GROUP BY i.session_id
    HAVING count(n.number) <> i.last_number - i.first_kept + 1
        OR count(n.number) > 0 AND (min(n.number) <> i.first_kept OR max(n.number) <> i.last_number)
    UNION ALL
    SELECT 'no notice is acknowledged before it is there', 0, format('session %s', i.session_id)
    FROM inboxes i WHERE i.acknowledged NOT BETWEEN 0 AND i.last_number
    UNION ALL
    SELECT 'nobody is admitted who has no place in the line', l.show_id, format('%s admitted of %s', l.admitted, l.last_number)
    FROM lines l WHERE l.admitted NOT BETWEEN 0 AND l.last_number
    UNION ALL
    SELECT 'a line that is open knows how many drew, and no other has numbers', l.show_id, format('%s drew, %s places', l.drawn, l.last_number)
    FROM lines l
    WHERE (l.opened_at IS NULL) <> (l.drawn IS NULL) OR l.opened_at IS NULL AND l.last_number > 0
        OR l.opened_at IS NOT NULL AND l.sketch IS NOT NULL OR l.last_number < l.drawn
    UNION ALL
    SELECT 'a line tells of each step when its places were admitted', l.show_id, format('%s admitted', l.admitted)
    FROM lines l CROSS JOIN LATERAL (
        SELECT max((s ->> 'last')::bigint) AS last, count(*) FILTER (WHERE (s ->> 'last')::bigint <= (b ->> 'last')::bigint) AS wrong
        FROM (
            SELECT s, lag(s) OVER (ORDER BY n) AS b
            FROM jsonb_array_elements(l.history -> 'steps') WITH ORDINALITY AS e (s, n)
        ) AS steps
    ) t
    WHERE coalesce(t.last, (l.history ->> 'over')::bigint) <> l.admitted OR t.wrong > 0
)
-- Shows that are being forgotten are not whole any more.
SELECT v.invariant, v.show_id, v.detail FROM violation v
WHERE NOT EXISTS (
    SELECT FROM journal_heads h LEFT JOIN shows s USING (show_id) WHERE h.show_id = v.show_id AND s.show_id IS NULL
)
LIMIT 1000
