-- want: on `joined` alone, as JSON.
CREATE TYPE missed_event_4 AS (
    show_id bigint, journal_offset bigint, at timestamptz, kind smallint, order_id bigint, seats int[], zones int[],
    tickets smallint[], revision int, session_id uuid, expires_at timestamptz, kept_until timestamptz, created_at timestamptz,
    total bigint, booked_offset bigint, code_id bigint, label text, want text
);

-- As lock_shows_3, with what those who wait want.
--
-- Takes the shows' locks, and only then reads the clock and everything that a decision may rest on: the journals' heads,
-- the events that memory has missed, answers already given under the waiting commands' idempotency keys, and the orders,
-- payments and codes that the commands name. Several statements in one round trip: in a single one, the snapshot and the clock
-- could be older than a lock.
--
-- One show's lock is waited for. Of several shows, those that someone else has locked are left out: a transaction that
-- holds a lock never waits for another one.
CREATE FUNCTION lock_shows_4(
    shows bigint[],
    -- The offsets that memory has, in the order of `shows`; below 0 where it has no state.
    known_offsets bigint[],
    -- A show that has moved on by more events than this gives none of them.
    events_max int,
    keys named_key_1[],
    named_orders named_order_1[],
    named_payments named_payment_1[],
    named_codes named_code_3[],
    OUT instant timestamptz,
    OUT heads locked_head_1[],
    OUT events missed_event_4[],
    OUT answers known_answer_1[],
    OUT orders known_order_3[],
    OUT payments known_payment_3[],
    OUT codes known_code_3[],
    OUT credits known_credit_3[]
)
LANGUAGE plpgsql AS $$
DECLARE
    exchanged named_order_1[];
BEGIN
    IF cardinality(shows) = 1 THEN
        SELECT ARRAY[ROW(h.show_id, h.journal_offset, h.is_canceled)::locked_head_1] INTO heads
        FROM journal_heads h WHERE h.show_id = shows[1] FOR UPDATE;
    ELSE
        SELECT array_agg(ROW(h.show_id, h.journal_offset, h.is_canceled)::locked_head_1) INTO heads
        FROM (
            SELECT j.show_id, j.journal_offset, j.is_canceled
            FROM unnest(shows) AS s (show_id) JOIN journal_heads j ON j.show_id = s.show_id
            FOR UPDATE OF j SKIP LOCKED
        ) h;
    END IF;
    IF cardinality(named_orders) > 0 THEN
        -- Whoever uses a ticket shares its order's lock: with the lock had, no check-in of these orders is under way.
        SELECT array_agg(ROW(l.show_id, l.exchange_of)::named_order_1) FILTER (WHERE l.exchange_of IS NOT NULL) INTO exchanged
        FROM (
            SELECT o.show_id, o.exchange_of
            FROM unnest(named_orders) n JOIN orders o ON o.show_id = n.show_id AND o.order_id = n.order_id
            FOR NO KEY UPDATE OF o
        ) l;
        IF exchanged IS NOT NULL THEN
            -- Whose tickets these are given for.
            PERFORM 1 FROM unnest(exchanged) n JOIN orders o ON o.show_id = n.show_id AND o.order_id = n.order_id
            FOR NO KEY UPDATE OF o;
            named_orders := named_orders || exchanged;
        END IF;
    END IF;
    instant := clock_timestamp();

    SELECT array_agg(ROW(e.show_id, e.journal_offset, e.at, e.kind, e.order_id, e.seats, e.zones, e.tickets,
                         e.revision, coalesce(o.session_id, w.session_id), o.expires_at, o.kept_until, o.created_at, o.total,
                         o.booked_offset, o.code_id, e.label, w.want::text)::missed_event_4 ORDER BY e.show_id, e.journal_offset)
    INTO events
    FROM unnest(shows, known_offsets) AS k (show_id, known)
    JOIN unnest(heads) h ON h.show_id = k.show_id AND k.known >= 0 AND h.journal_offset - k.known BETWEEN 1 AND events_max
    CROSS JOIN LATERAL (
        SELECT j.* FROM journal j
        WHERE j.show_id = k.show_id AND j.journal_offset > k.known
        OFFSET 0
    ) e
    LEFT JOIN LATERAL (
        SELECT a.session_id, a.expires_at, a.kept_until, a.created_at, a.total, a.booked_offset, a.code_id FROM orders a
        WHERE a.show_id = e.show_id AND a.order_id = e.order_id
        OFFSET 0
    ) o ON true
    LEFT JOIN LATERAL (
        SELECT a.session_id, a.want FROM waitlist_entries a
        WHERE e.kind = 13 AND a.show_id = e.show_id AND a.entry = (e.seats[1]::bigint << 31) + e.seats[2]
        OFFSET 0
    ) w ON true;

    IF cardinality(keys) > 0 THEN
        SELECT array_agg(ROW(k.place, i.request_digest, i.decision)::known_answer_1) INTO answers
        FROM unnest(keys) WITH ORDINALITY AS k (show_id, scope, key, place)
        -- OFFSET 0 keeps the planner from reading all of a show's answers and comparing them with each key.
        CROSS JOIN LATERAL (
            SELECT a.request_digest, a.decision FROM idempotency a
            WHERE a.show_id = k.show_id AND a.scope = k.scope AND a.key = k.key
            OFFSET 0
        ) i;
    END IF;
    IF cardinality(named_orders) > 0 THEN
        SELECT array_agg(ROW(o.show_id, o.order_id, o.state, o.session_id, o.expires_at, o.kept_until, o.created_at,
                             o.total, o.seats, o.zones, o.prices, o.bill::text, coalesce(o.was_extended, false), o.payment_id, o.paid_offset,
                             o.live_payment, o.checked_in, o.booked_offset, o.code_id, o.exchange_of, o.exchange_tickets,
                             o.exchange_credit, coalesce(o.transferred_tickets, '{}'))::known_order_3)
        INTO orders
        FROM unnest(named_orders) n
        CROSS JOIN LATERAL (
            SELECT a.*,
                   (SELECT p.payment_id FROM payments p WHERE p.show_id = a.show_id AND p.order_id = a.order_id AND p.is_live) AS live_payment,
                   ARRAY(SELECT c.ticket FROM check_ins c WHERE c.show_id = a.show_id AND c.order_id = a.order_id) AS checked_in
            FROM orders a WHERE a.show_id = n.show_id AND a.order_id = n.order_id
            OFFSET 0
        ) o;
        named_payments := named_payments || ARRAY(
            SELECT ROW(o.show_id, o.live_payment)::named_payment_1 FROM unnest(orders) o WHERE o.live_payment IS NOT NULL);
        IF EXISTS (SELECT FROM unnest(orders) o WHERE o.exchange_of IS NOT NULL) THEN
            SELECT array_agg(ROW(k.show_id, k.order_id, k.payment_id, k.unused, k.refunded)::known_credit_3) INTO credits
            FROM (
                SELECT DISTINCT c.show_id, c.order_id, c.payment_id, c.amount - c.used AS unused, (
                    SELECT coalesce(sum(f.amount), 0)::bigint FROM refunds f
                    WHERE f.show_id = c.show_id AND f.payment_id = c.payment_id AND f.order_id = c.order_id
                ) AS refunded
                FROM unnest(orders) o JOIN order_credits c ON c.show_id = o.show_id AND c.order_id = o.order_id
                WHERE o.exchange_of IS NOT NULL
                ORDER BY c.show_id, c.order_id, c.payment_id
            ) k;
            named_payments := named_payments || ARRAY(
                SELECT DISTINCT ROW(c.show_id, c.payment_id)::named_payment_1 FROM unnest(credits) c);
        END IF;
    END IF;
    -- Codes that buyers enter, and those of orders that late money may book once more.
    IF cardinality(named_codes) > 0 OR EXISTS (SELECT FROM unnest(orders) o WHERE o.code_id IS NOT NULL) THEN
        SELECT array_agg(ROW(c.show_id, c.code_id, c.word, c.terms, c.uses_max, c.valid_from, c.valid_until, c.ended_at)::known_code_3)
        INTO codes
        FROM (
            SELECT a.* FROM unnest(named_codes) n JOIN codes a ON a.show_id = n.show_id AND a.word = n.word
            UNION
            SELECT a.* FROM unnest(orders) o JOIN codes a ON a.show_id = o.show_id AND a.code_id = o.code_id
        ) c;
    END IF;
    IF cardinality(named_payments) > 0 THEN
        SELECT array_agg(ROW(p.show_id, p.payment_id, p.state, p.awaits_buyer, p.reason, p.decline_code, p.amount, 0, 0, 0, 0, true)::known_payment_3)
        INTO payments
        FROM unnest(named_payments) n
        CROSS JOIN LATERAL (
            SELECT a.show_id, a.payment_id, a.state, a.state = 1 AND a.action_url IS NOT NULL AS awaits_buyer, a.reason, a.decline_code,
                   a.amount
            FROM payments a WHERE a.show_id = n.show_id AND a.payment_id = n.payment_id
            FOR NO KEY UPDATE
        ) p;
        IF EXISTS (SELECT FROM unnest(payments) p WHERE p.state = 3) THEN
            -- Apart: whoever books a refund has the payment's lock, and what they booked is seen by a statement that begins after.
            SELECT array_agg(ROW(p.show_id, p.payment_id, p.state, p.awaits_buyer, p.reason, p.decline_code, p.amount,
                                 coalesce(r.amount, 0), coalesce(d.amount, 0), coalesce(c.amount, 0), coalesce(r.own, 0),
                                 q.state = 2)::known_payment_3)
            INTO payments
            FROM unnest(payments) p
            CROSS JOIN LATERAL (
                SELECT a.order_id, o.state
                FROM payments a JOIN orders o ON o.show_id = a.show_id AND o.order_id = a.order_id
                WHERE a.show_id = p.show_id AND a.payment_id = p.payment_id
                OFFSET 0
            ) q
            CROSS JOIN LATERAL (
                SELECT sum(f.amount)::bigint AS amount, (sum(f.amount) FILTER (WHERE f.order_id = q.order_id))::bigint AS own
                FROM refunds f WHERE f.show_id = p.show_id AND f.payment_id = p.payment_id
            ) r
            CROSS JOIN LATERAL (
                SELECT sum(c.amount)::bigint AS amount FROM disputes c
                WHERE c.show_id = p.show_id AND c.payment_id = p.payment_id AND c.state <> 2
            ) d
            CROSS JOIN LATERAL (
                SELECT sum(c.amount - c.used)::bigint AS amount FROM order_credits c
                WHERE c.show_id = p.show_id AND c.payment_id = p.payment_id
            ) c;
        END IF;
    END IF;
END
$$;
