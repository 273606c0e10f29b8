-- From now on, nodes that know nothing of rules write nothing of these shows.
CREATE FUNCTION mark_ruled_4(changed bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE journal_heads h SET ruled_offset = h.journal_offset WHERE h.show_id = ANY (changed) AND h.ruled_offset IS NULL;
$$;

-- Puts the next terms of a show in place of the present ones, and keeps both.
CREATE FUNCTION change_terms_4(instant timestamptz, renewed new_terms_3) RETURNS void LANGUAGE plpgsql AS $$
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
                        returns_until, honours_late, payment_window_ms, tariff, places_per_email_max, rules)
        = (SELECT renewed.revision, t.is_draft, t.plan_id, t.former_plans, t.title, t.starts_at, t.ends_at, t.on_sale_at, t.closes_at, t.time_zone,
                  t.currency, t.prices, t.zone_capacities, t.hold_ms, t.hold_grace_ms, t.order_places_max, t.session_places_max,
                  t.buyers_may_return, t.returns_until, t.honours_late, t.payment_window_ms, t.tariff,
                  t.places_per_email_max, t.rules
           FROM jsonb_populate_record(s, renewed.terms::jsonb) t)
    WHERE s.show_id = renewed.show_id AND s.revision = renewed.revision - 1;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> 1 THEN
        PERFORM refuse_changes_1('shows', (SELECT format('revision %s of %s', renewed.revision, s)
                                           FROM shows s WHERE s.show_id = renewed.show_id));
    END IF;
    PERFORM mark_ruled_4(ARRAY(SELECT s.show_id FROM shows s WHERE s.show_id = renewed.show_id AND s.rules IS NOT NULL));
    INSERT INTO show_revisions (show_id, revision, at, terms)
    SELECT s.show_id, s.revision, instant, to_jsonb(s) FROM shows s WHERE s.show_id = renewed.show_id;
END
$$;

-- An entry of the waitlist. from_place: where it must stand and wait; null where it is new. want: null where it stays. order_id,
-- booked_offset: what it is offered. The buyer is told of new ones alone.
CREATE TYPE entry_change_4 AS (
    show_id bigint, entry bigint, from_place bigint, place bigint, session_id uuid, want text, state smallint, order_id bigint,
    booked_offset bigint, buyer_name text, buyer_email text, buyer_phone text, locale text
);

-- What is told of a buyer goes with the entry into the order, and goes away with one that leaves.
CREATE FUNCTION change_entries_4(instant timestamptz, changed entry_change_4[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    written int;
BEGIN
    INSERT INTO waitlist_entries (show_id, entry, place, session_id, want, state, buyer_name, buyer_email, buyer_phone, locale, joined_at,
                                  changed_at)
    SELECT c.show_id, c.entry, c.place, c.session_id, c.want::jsonb, 1, c.buyer_name, c.buyer_email, c.buyer_phone, c.locale, instant, instant
    FROM unnest(changed) c WHERE c.from_place IS NULL;
    INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, buyer_email, buyer_phone, locale, attendees, metadata,
                               changed_at)
    SELECT w.show_id, c.order_id, c.booked_offset, w.buyer_name, w.buyer_email, w.buyer_phone, w.locale, '{}', '{}', instant
    FROM unnest(changed) c JOIN waitlist_entries w ON w.show_id = c.show_id AND w.entry = c.entry
    WHERE c.state = 2 AND coalesce(w.buyer_name, w.buyer_email, w.buyer_phone, w.locale) IS NOT NULL;
    UPDATE waitlist_entries w SET place = c.place, want = coalesce(c.want::jsonb, w.want), state = c.state, order_id = c.order_id,
        buyer_name = CASE WHEN c.state = 1 THEN w.buyer_name END, buyer_email = CASE WHEN c.state = 1 THEN w.buyer_email END,
        buyer_phone = CASE WHEN c.state = 1 THEN w.buyer_phone END, locale = CASE WHEN c.state = 1 THEN w.locale END, changed_at = instant
    FROM unnest(changed) c
    WHERE w.show_id = c.show_id AND w.entry = c.entry AND w.state = 1 AND w.place = coalesce(c.from_place, c.place)
      AND w.session_id = c.session_id AND (c.from_place IS NOT NULL OR c.state <> 1);
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> (SELECT count(*) FROM unnest(changed) c WHERE c.from_place IS NOT NULL OR c.state <> 1) THEN
        PERFORM refuse_changes_1('waitlist_entries', (
            SELECT string_agg(format('entry %s of show %s: is in state %s at %s', c.entry, c.show_id, w.state, w.place), '; ')
            FROM unnest(changed) c LEFT JOIN waitlist_entries w ON w.show_id = c.show_id AND w.entry = c.entry
            WHERE (w.state, w.place) IS DISTINCT FROM (c.state, c.place)));
    END IF;
END
$$;

-- As write_changes_3, with rules of shows and waitlists.
-- Writes all rows of a batch, of one show or of several. Every update says what it expects of its row; one that meets
-- another row names it and rolls everything back. A kind of row that the batch hasn't got costs nothing, which is what
-- makes a lone hold cheap.
CREATE FUNCTION write_changes_4(
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
    -- Of the waitlist.
    entry_changes entry_change_4[],
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
            ruled_offset = CASE WHEN h.ruled_offset IS NOT NULL THEN c.to_offset END
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
            PERFORM change_terms_4(instant, renewed);
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
    END IF;
    IF cardinality(new_details) > 0 THEN
        INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, buyer_email, buyer_phone, locale, attendees, metadata,
                                   changed_at)
        SELECT c.show_id, c.order_id, c.booked_offset, c.buyer_name, c.buyer_email, c.buyer_phone, c.locale, c.attendees,
               c.metadata::jsonb, instant
        FROM unnest(new_details) c;
    END IF;

    IF cardinality(entry_changes) > 0 THEN
        PERFORM change_entries_4(instant, entry_changes);
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
