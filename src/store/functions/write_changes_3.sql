CREATE TYPE head_change_3 AS (show_id bigint, from_offset bigint, to_offset bigint, is_open boolean, to_revision int);
-- to_capacity: null where it stays as it is.
CREATE TYPE zone_change_3 AS (
    show_id bigint, zone smallint, from_held int, from_sold int, from_blocked int, to_held int, to_sold int, to_blocked int,
    to_capacity int
);
-- prices: null where they are those of the show's first revision. bill: null where there is nothing besides; else JSON.
CREATE TYPE new_order_3 AS (
    show_id bigint, order_id bigint, session_id uuid, expires_at timestamptz, kept_until timestamptz, total bigint,
    booked_offset bigint, seats int[], zones int[], prices bigint[], bill text, code_id bigint, label text, exchange_of bigint,
    exchange_tickets smallint[], exchange_credit bigint
);
CREATE TYPE order_change_3 AS (
    show_id bigint, order_id bigint, from_state smallint, to_state smallint, is_lapsed boolean, kept_until timestamptz,
    paid_by uuid, paid_offset bigint, tickets smallint[], exchanged_for bigint
);
-- to_state: of the payment, 3 where an order still has money of it, 4 where it is released, 7 where it is empty.
CREATE TYPE new_return_3 AS (show_id bigint, order_id bigint, payment_id uuid, refund_id uuid, amount bigint, to_state smallint);
-- amount: 0 where the order has some of the payment already.
CREATE TYPE credit_change_3 AS (show_id bigint, order_id bigint, payment_id uuid, amount bigint, used bigint);
CREATE TYPE new_event_3 AS (
    show_id bigint, journal_offset bigint, kind smallint, order_id bigint, seats int[], zones int[], tickets smallint[],
    revision int, label text
);
-- metadata: as JSON.
CREATE TYPE new_details_3 AS (
    show_id bigint, order_id bigint, booked_offset bigint, buyer_name text, buyer_email text, buyer_phone text, locale text,
    attendees text[], metadata text
);
-- Blocked places that get a label or lose it: a seat, and -1, or -1, and a zone.
CREATE TYPE label_change_3 AS (show_id bigint, label text, seat int, zone smallint, from_places int, to_places int);
-- An order that some places are taken from: what is left of it, and the numbers of the tickets that it had for the others.
CREATE TYPE order_cut_3 AS (
    show_id bigint, order_id bigint, from_total bigint, total bigint, dropped smallint[], seats int[], zones int[], prices bigint[],
    bill text
);
-- A ticket that gets another code. from_transfers: how often it was transferred before.
CREATE TYPE ticket_transfer_3 AS (show_id bigint, order_id bigint, ticket smallint, from_transfers smallint, attendee text);
-- terms: those columns of `shows` that may change, as JSON, and how many `seats` have a number.
CREATE TYPE new_terms_3 AS (show_id bigint, revision int, terms text);

-- From now on, nodes that know nothing of what is new in these shows write nothing of them.
CREATE FUNCTION mark_revised_3(changed bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE journal_heads h SET revised_offset = h.journal_offset WHERE h.show_id = ANY (changed) AND h.revised_offset IS NULL;
$$;

-- Puts the next terms of a show in place of the present ones, and keeps both.
CREATE FUNCTION change_terms_3(instant timestamptz, renewed new_terms_3) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    IF EXISTS (SELECT FROM shows s WHERE s.show_id = renewed.show_id AND s.is_draft)
        AND NOT (renewed.terms::jsonb ->> 'is_draft')::boolean THEN
        -- The lock at which new shows take turns, kept until the commit: a draft that is published gets the last place in the list,
        -- as a new show does.
        PERFORM pg_advisory_xact_lock(108230901721199);
        UPDATE shows s SET listed_at = greatest(
            clock_timestamp(), (SELECT max(coalesce(a.listed_at, a.created_at)) + interval '1 microsecond' FROM shows a))
        WHERE s.show_id = renewed.show_id;
    END IF;
    INSERT INTO show_revisions (show_id, revision, at, terms)
    SELECT s.show_id, 1, s.created_at, to_jsonb(s) || jsonb_build_object('zone_capacities', coalesce(
        s.zone_capacities, ARRAY(SELECT z.capacity FROM zones z WHERE z.show_id = s.show_id ORDER BY z.zone)))
    FROM shows s WHERE s.show_id = renewed.show_id AND s.revision = 1;
    -- What a new plan brings.
    INSERT INTO seats (show_id, seat)
    SELECT renewed.show_id, n FROM generate_series(
        (SELECT coalesce(max(a.seat) + 1, 0) FROM seats a WHERE a.show_id = renewed.show_id),
        (renewed.terms::jsonb ->> 'seats')::int - 1) AS n;
    INSERT INTO zones (show_id, zone, capacity)
    SELECT renewed.show_id, n.zone - 1, n.capacity::int
    FROM jsonb_array_elements_text(renewed.terms::jsonb -> 'zone_capacities') WITH ORDINALITY AS n (capacity, zone)
    ON CONFLICT DO NOTHING;
    UPDATE shows s SET (revision, is_draft, plan_id, former_plans, title, starts_at, ends_at, on_sale_at, closes_at, time_zone, currency, prices,
                        zone_capacities, hold_ms, hold_grace_ms, order_places_max, session_places_max, buyers_may_return,
                        returns_until, honours_late, payment_window_ms, tariff, places_per_email_max)
        = (SELECT renewed.revision, t.is_draft, t.plan_id, t.former_plans, t.title, t.starts_at, t.ends_at, t.on_sale_at, t.closes_at, t.time_zone,
                  t.currency, t.prices, t.zone_capacities, t.hold_ms, t.hold_grace_ms, t.order_places_max, t.session_places_max,
                  t.buyers_may_return, t.returns_until, t.honours_late, t.payment_window_ms, t.tariff,
                  t.places_per_email_max
           FROM jsonb_populate_record(s, renewed.terms::jsonb) t)
    WHERE s.show_id = renewed.show_id AND s.revision = renewed.revision - 1;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> 1 THEN
        PERFORM refuse_changes_1('shows', (SELECT format('revision %s of %s', renewed.revision, s)
                                           FROM shows s WHERE s.show_id = renewed.show_id));
    END IF;
    INSERT INTO show_revisions (show_id, revision, at, terms)
    SELECT s.show_id, s.revision, instant, to_jsonb(s) FROM shows s WHERE s.show_id = renewed.show_id;
END
$$;

-- Labels of blocked places, each change from what it expects. From the first one on, nodes that know nothing of labels write nothing of the
-- show: they would not keep the places of an order again.
CREATE FUNCTION change_labels_3(changes label_change_3[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    PERFORM mark_revised_3(ARRAY(SELECT c.show_id FROM unnest(changes) c));
    WITH gone AS (
        DELETE FROM labeled_places l USING unnest(changes) c
        WHERE c.to_places = 0 AND l.show_id = c.show_id AND l.label = c.label AND l.seat = c.seat AND l.zone = c.zone
          AND l.places = c.from_places
        RETURNING 1
    ),
    changed AS (
        UPDATE labeled_places l SET places = c.to_places FROM unnest(changes) c
        WHERE c.from_places > 0 AND c.to_places > 0 AND l.show_id = c.show_id AND l.label = c.label AND l.seat = c.seat
          AND l.zone = c.zone AND l.places = c.from_places
        RETURNING 1
    ),
    added AS (
        INSERT INTO labeled_places (show_id, label, seat, zone, places)
        SELECT c.show_id, c.label, c.seat, c.zone, c.to_places FROM unnest(changes) c WHERE c.from_places = 0
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM changed) + (SELECT count(*) FROM added) INTO written;
    IF written <> cardinality(changes) THEN
        PERFORM refuse_changes_1('labeled_places', (SELECT string_agg(c::text, '; ') FROM unnest(changes) c));
    END IF;
END
$$;

-- Takes places from held orders, and with them whoever was to come. From the first one on, nodes that know of none write nothing of the
-- show: they take an order to be over that gives places up.
CREATE FUNCTION cut_orders_3(cuts order_cut_3[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    PERFORM mark_revised_3(ARRAY(SELECT c.show_id FROM unnest(cuts) c));
    UPDATE orders o SET total = c.total, seats = c.seats, zones = c.zones, prices = c.prices, bill = c.bill::jsonb
    FROM unnest(cuts) c
    WHERE o.show_id = c.show_id AND o.order_id = c.order_id AND o.state = 1 AND o.total = c.from_total;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(cuts) THEN
        PERFORM refuse_changes_1('orders', (
            SELECT string_agg(format('%s: costs %s in state %s', c, o.total, o.state), '; ')
            FROM unnest(cuts) c LEFT JOIN orders o ON o.show_id = c.show_id AND o.order_id = c.order_id));
    END IF;
    UPDATE order_details d SET attendees = ARRAY(
        SELECT a.name FROM unnest(d.attendees) WITH ORDINALITY AS a (name, number)
        WHERE (a.number - 1)::smallint <> ALL (c.dropped) ORDER BY a.number)
    FROM unnest(cuts) c
    WHERE d.show_id = c.show_id AND d.order_id = c.order_id AND d.attendees <> '{}';
END
$$;

-- Money that goes back. What is not taken yet is released as a whole; before a part of it can go back, it has to be taken. The
-- payments are locked: the lock call has told what is left of them.
CREATE FUNCTION give_money_back_3(instant timestamptz, returns new_return_3[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    WITH paid AS (
        UPDATE payments p SET state = c.to_state, changed_at = instant
        FROM (
            SELECT r.show_id, r.payment_id, max(r.to_state) AS to_state FROM unnest(returns) r GROUP BY r.show_id, r.payment_id
        ) c
        WHERE p.show_id = c.show_id AND p.payment_id = c.payment_id
          AND (p.state = 3 AND c.to_state IN (3, 7) OR p.state = 2 AND c.to_state = 4)
        RETURNING p.show_id, p.payment_id, p.provider, p.currency, p.state
    ),
    due AS (
        SELECT r.show_id, r.order_id, r.payment_id, r.refund_id, r.amount, p.provider, p.currency, p.state
        FROM unnest(returns) r JOIN paid p ON p.show_id = r.show_id AND p.payment_id = r.payment_id
    ),
    new_refunds AS (
        INSERT INTO refunds (show_id, refund_id, payment_id, order_id, amount, currency, state, created_at, changed_at)
        SELECT d.show_id, d.refund_id, d.payment_id, d.order_id, d.amount, d.currency, 1, instant, instant FROM due d WHERE d.state <> 4
    )
    INSERT INTO outbox AS b (show_id, payment_id, provider, refund_id, action, due_at)
    SELECT d.show_id, d.payment_id, d.provider, CASE d.state WHEN 4 THEN '00000000-0000-0000-0000-000000000000' ELSE d.refund_id END,
           CASE d.state WHEN 4 THEN 3 ELSE 4 END, instant
    FROM due d
    ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET action = excluded.action, attempts = 0, due_at = excluded.due_at, dead_at = NULL;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(returns) THEN
        PERFORM refuse_changes_1('payments', (
            SELECT string_agg(format('%s: is in state %s', c, p.state), '; ')
            FROM unnest(returns) c LEFT JOIN payments p ON p.show_id = c.show_id AND p.payment_id = c.payment_id));
    END IF;
END
$$;

-- What orders have of older payments. From the first such order on, nodes that know nothing of it write nothing of the show: they
-- would charge it twice.
CREATE FUNCTION change_credits_3(changes credit_change_3[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    WITH added AS (
        INSERT INTO order_credits (show_id, order_id, payment_id, amount, used)
        SELECT c.show_id, c.order_id, c.payment_id, c.amount, c.used FROM unnest(changes) c WHERE c.amount > 0
        RETURNING 1
    ),
    changed AS (
        UPDATE order_credits o SET used = o.used + c.used FROM unnest(changes) c
        WHERE c.amount = 0 AND o.show_id = c.show_id AND o.order_id = c.order_id AND o.payment_id = c.payment_id
          AND o.used + c.used <= o.amount
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM added) + (SELECT count(*) FROM changed) INTO written;
    IF written <> cardinality(changes) THEN
        PERFORM refuse_changes_1('order_credits', (
            SELECT string_agg(format('%s: is %s', c, o), '; ')
            FROM unnest(changes) c
            LEFT JOIN order_credits o ON o.show_id = c.show_id AND o.order_id = c.order_id AND o.payment_id = c.payment_id));
    END IF;
END
$$;

-- Gives tickets another code, and says who comes with them now. From the first one on, nodes that know of none write nothing of the show.
CREATE FUNCTION transfer_tickets_3(instant timestamptz, transfers ticket_transfer_3[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    PERFORM mark_revised_3(ARRAY(SELECT c.show_id FROM unnest(transfers) c));
    UPDATE orders o SET transferred_tickets = coalesce(o.transferred_tickets, '{}') || c.ticket
    FROM unnest(transfers) c
    WHERE o.show_id = c.show_id AND o.order_id = c.order_id AND o.state = 2 AND c.ticket <> ALL (o.returned_tickets)
      AND cardinality(array_positions(coalesce(o.transferred_tickets, '{}'), c.ticket)) = c.from_transfers;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(transfers) THEN
        PERFORM refuse_changes_1('orders', (
            SELECT string_agg(format('ticket %s of order %s after %s: %s in state %s', c.ticket, c.order_id, c.from_transfers,
                                     o.transferred_tickets, o.state), '; ')
            FROM unnest(transfers) c LEFT JOIN orders o ON o.show_id = c.show_id AND o.order_id = c.order_id));
    END IF;
    UPDATE order_details d SET changed_at = instant, attendees = ARRAY(
        SELECT CASE a.number WHEN c.ticket + 1 THEN c.attendee ELSE d.attendees[a.number] END
        FROM generate_series(1, greatest(cardinality(d.attendees), c.ticket + 1)) AS a (number) ORDER BY a.number)
    FROM unnest(transfers) c
    WHERE d.show_id = c.show_id AND d.order_id = c.order_id AND (c.attendee IS NOT NULL OR d.attendees[c.ticket + 1] IS NOT NULL);
    INSERT INTO order_details (show_id, order_id, booked_offset, attendees, metadata, changed_at)
    SELECT o.show_id, o.order_id, o.booked_offset, ARRAY(
        SELECT CASE a.number WHEN c.ticket + 1 THEN c.attendee END FROM generate_series(1, c.ticket + 1) AS a (number) ORDER BY a.number
    ), '{}', instant
    FROM unnest(transfers) c JOIN orders o ON o.show_id = c.show_id AND o.order_id = c.order_id
    WHERE c.attendee IS NOT NULL
    ON CONFLICT DO NOTHING;
END
$$;

-- As write_changes_2, with terms that change: orders keep the prices that they were made at.
-- Writes all rows of a batch, of one show or of several. Every update says what it expects of its row; one that meets
-- another row names it and rolls everything back. A kind of row that the batch hasn't got costs nothing, which is what
-- makes a lone hold cheap.
CREATE FUNCTION write_changes_3(
    instant timestamptz,
    resolve_seconds double precision,
    -- Null: the caller holds the shows' locks. Else they are taken here, and nothing is written unless the journals'
    -- offsets are as decided on, `instant` has only just been and this time has not come yet.
    valid_until timestamptz,
    -- Every show of the batch, also one whose journal stays where it is.
    heads head_change_3[],
    seat_changes seat_change_1[],
    zone_changes zone_change_3[],
    new_orders new_order_3[],
    order_changes order_change_3[],
    events new_event_3[],
    payment_changes payment_change_1[],
    new_payments new_payment_1[],
    returns new_return_3[],
    credit_changes credit_change_3[],
    answers new_answer_1[],
    new_terms new_terms_3[],
    -- Of new orders.
    new_details new_details_3[],
    label_changes label_change_3[],
    -- Of orders that change.
    order_cuts order_cut_3[],
    -- Of orders that change, too.
    ticket_transfers ticket_transfer_3[],
    OUT clock timestamptz,
    -- The shows whose premises hold; null where the caller holds the locks.
    OUT fresh_shows bigint[],
    OUT is_stale boolean
)
LANGUAGE plpgsql AS $$
DECLARE
    written int;
    renewed new_terms_3;
BEGIN
    is_stale := false;
    IF valid_until IS NOT NULL THEN
        IF cardinality(events) + cardinality(answers) + cardinality(payment_changes) = 0 THEN
            -- Nothing is to be written: what was refused was refused rightly if the journals were still there now.
            SELECT coalesce(array_agg(h.show_id), '{}') INTO fresh_shows
            FROM unnest(heads) c JOIN journal_heads h ON h.show_id = c.show_id AND h.journal_offset = c.from_offset;
        ELSIF cardinality(heads) = 1 THEN
            SELECT ARRAY[j.show_id] INTO fresh_shows FROM journal_heads j
            WHERE j.show_id = heads[1].show_id AND j.journal_offset = heads[1].from_offset FOR UPDATE SKIP LOCKED;
            fresh_shows := coalesce(fresh_shows, '{}');
        ELSE
            SELECT coalesce(array_agg(h.show_id), '{}') INTO fresh_shows FROM (
                SELECT j.show_id FROM unnest(heads) c
                JOIN journal_heads j ON j.show_id = c.show_id AND j.journal_offset = c.from_offset FOR UPDATE OF j SKIP LOCKED
            ) h;
        END IF;
        -- Memory doesn't know which orders are in exchange for others. In two steps, as a condition with a query in it is a query.
        IF cardinality(new_payments) > 0 THEN
            IF EXISTS (
                SELECT FROM unnest(new_payments) c JOIN orders o ON o.show_id = c.show_id AND o.order_id = c.order_id
                WHERE o.exchange_of IS NOT NULL
            ) THEN
                is_stale := true;
                RETURN;
            END IF;
        END IF;
        clock := clock_timestamp();
        is_stale := cardinality(fresh_shows) <> cardinality(heads) OR clock >= valid_until
            OR clock NOT BETWEEN instant AND instant + interval '50 milliseconds';
        IF is_stale THEN
            RETURN;
        END IF;
    END IF;

    IF cardinality(events) > 0 THEN
        UPDATE journal_heads h SET journal_offset = c.to_offset, is_open = coalesce(c.is_open, h.is_open),
            revision = coalesce(c.to_revision, h.revision),
            revised_offset = CASE WHEN coalesce(c.to_revision, h.revision) > 1 OR h.revised_offset IS NOT NULL THEN c.to_offset END
        FROM unnest(heads) c
        WHERE h.show_id = c.show_id AND h.journal_offset = c.from_offset AND c.to_offset > c.from_offset
          AND NOT (h.is_canceled AND coalesce(c.is_open, false));
        GET DIAGNOSTICS written = ROW_COUNT;
        -- Mostly, all move on.
        IF written <> cardinality(heads) THEN
            IF written <> (SELECT count(*) FROM unnest(heads) c WHERE c.to_offset > c.from_offset) THEN
                PERFORM refuse_changes_1('journal_heads', (
                    SELECT string_agg(format('show %s from %s: is %s', c.show_id, c.from_offset, h), '; ')
                    FROM unnest(heads) c LEFT JOIN journal_heads h ON h.show_id = c.show_id
                    WHERE h.journal_offset IS DISTINCT FROM c.to_offset));
            END IF;
        END IF;
    END IF;

    -- Before the zones, whose capacities belong to the terms before.
    IF cardinality(new_terms) > 0 THEN
        FOR renewed IN SELECT t.* FROM unnest(new_terms) t ORDER BY t.show_id, t.revision LOOP
            PERFORM change_terms_3(instant, renewed);
        END LOOP;
    END IF;

    IF cardinality(seat_changes) > 0 THEN
        UPDATE seats s SET state = c.to_state, order_id = c.to_order
        FROM unnest(seat_changes) c
        WHERE s.show_id = c.show_id AND s.seat = c.seat
          AND s.state = c.from_state AND s.order_id IS NOT DISTINCT FROM c.from_order;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> cardinality(seat_changes) THEN
            PERFORM refuse_changes_1('seats', (
                SELECT string_agg(format('%s: is %s', c, s), '; ')
                FROM unnest(seat_changes) c LEFT JOIN seats s ON s.show_id = c.show_id AND s.seat = c.seat
                WHERE s.state IS DISTINCT FROM c.to_state OR s.order_id IS DISTINCT FROM c.to_order));
        END IF;
    END IF;

    IF cardinality(zone_changes) > 0 THEN
        UPDATE zones z SET held = c.to_held, sold = c.to_sold, blocked = c.to_blocked, capacity = coalesce(c.to_capacity, z.capacity)
        FROM unnest(zone_changes) c
        WHERE z.show_id = c.show_id AND z.zone = c.zone
          AND z.held = c.from_held AND z.sold = c.from_sold AND z.blocked = c.from_blocked
          AND c.to_held + c.to_sold + c.to_blocked <= coalesce(c.to_capacity, z.capacity);
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> cardinality(zone_changes) THEN
            PERFORM refuse_changes_1('zones', (
                SELECT string_agg(format('%s: is %s', c, z), '; ')
                FROM unnest(zone_changes) c LEFT JOIN zones z ON z.show_id = c.show_id AND z.zone = c.zone
                WHERE (z.held, z.sold, z.blocked) IS DISTINCT FROM (c.to_held, c.to_sold, c.to_blocked)));
        END IF;
    END IF;

    IF cardinality(label_changes) > 0 THEN
        PERFORM change_labels_3(label_changes);
    END IF;

    IF cardinality(new_orders) > 0 THEN
        INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones,
                            prices, bill, code_id, label, exchange_of, exchange_tickets, exchange_credit)
        SELECT c.show_id, c.order_id, c.session_id, 1, instant, c.expires_at, c.kept_until, c.total, c.booked_offset, c.seats,
               c.zones, c.prices, c.bill::jsonb, c.code_id, c.label, c.exchange_of, c.exchange_tickets, c.exchange_credit
        FROM unnest(new_orders) c;
        -- Orders in exchange are written under locks alone, so that holds need not be looked through.
        IF valid_until IS NULL THEN
            PERFORM mark_revised_3(ARRAY(SELECT c.show_id FROM unnest(new_orders) c WHERE c.exchange_of IS NOT NULL));
        END IF;
    END IF;
    IF cardinality(new_details) > 0 THEN
        INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, buyer_email, buyer_phone, locale, attendees, metadata,
                                   changed_at)
        SELECT c.show_id, c.order_id, c.booked_offset, c.buyer_name, c.buyer_email, c.buyer_phone, c.locale, c.attendees,
               c.metadata::jsonb, instant
        FROM unnest(new_details) c;
    END IF;

    IF cardinality(order_changes) > 0 THEN
        UPDATE orders o SET state = c.to_state,
            payment_id = coalesce(c.paid_by, o.payment_id), paid_offset = coalesce(c.paid_offset, o.paid_offset),
            settled_at = CASE WHEN c.to_state IN (c.from_state, 1) THEN o.settled_at ELSE instant END,
            kept_until = coalesce(c.kept_until, o.kept_until),
            was_extended = CASE WHEN c.kept_until IS NULL THEN o.was_extended ELSE true END,
            returned_tickets = CASE WHEN c.tickets = '{}' THEN o.returned_tickets ELSE o.returned_tickets || c.tickets END,
            exchanged_for = coalesce(c.exchanged_for, o.exchanged_for)
        FROM unnest(order_changes) c
        WHERE o.show_id = c.show_id AND o.order_id = c.order_id AND o.state = c.from_state
          -- A lapsed hold is worth nothing.
          AND (c.from_state <> 1 OR (o.kept_until <= instant) = c.is_lapsed)
          AND NOT o.returned_tickets && c.tickets;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> cardinality(order_changes) THEN
            PERFORM refuse_changes_1('orders', (
                SELECT string_agg(format('%s: is in state %s until %s', c, o.state, o.kept_until), '; ')
                FROM unnest(order_changes) c LEFT JOIN orders o ON o.show_id = c.show_id AND o.order_id = c.order_id
                WHERE o.state IS DISTINCT FROM c.to_state OR c.to_state = c.from_state));
        END IF;
    END IF;

    IF cardinality(order_cuts) > 0 THEN
        PERFORM cut_orders_3(order_cuts);
    END IF;
    IF cardinality(ticket_transfers) > 0 THEN
        PERFORM transfer_tickets_3(instant, ticket_transfers);
    END IF;

    IF cardinality(events) > 0 THEN
        INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones, tickets, revision, label)
        SELECT c.show_id, c.journal_offset, instant, c.kind, c.order_id, c.seats, c.zones, c.tickets, c.revision, c.label
        FROM unnest(events) c;
    END IF;

    -- Payments that end come before new ones: an order has one live payment at a time.
    IF cardinality(payment_changes) > 0 THEN
        PERFORM end_payments_1(instant, resolve_seconds, payment_changes);
    END IF;
    IF cardinality(new_payments) > 0 THEN
        INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, return_url, key_scope, key,
                              authorised_at, created_at, changed_at)
        SELECT c.show_id, c.payment_id, c.order_id, c.provider, c.payment_method, c.amount, c.currency, c.state, c.return_url, c.key_scope, c.key,
               CASE c.state WHEN 3 THEN instant END, instant, instant
        FROM unnest(new_payments) c;
        -- Of what is settled at once nobody need be told.
        INSERT INTO outbox (show_id, payment_id, provider, action, due_at)
        SELECT c.show_id, c.payment_id, c.provider, 1, instant + make_interval(secs => resolve_seconds)
        FROM unnest(new_payments) c WHERE c.state = 1;
    END IF;
    IF cardinality(returns) > 0 THEN
        PERFORM give_money_back_3(instant, returns);
    END IF;
    IF cardinality(credit_changes) > 0 THEN
        PERFORM change_credits_3(credit_changes);
    END IF;

    IF cardinality(answers) > 0 THEN
        INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, is_refusal, created_at)
        SELECT c.show_id, c.scope, c.key, c.request_digest, c.decision, c.is_final, c.is_refusal, instant FROM unnest(answers) c;
    END IF;
END
$$;
