-- All rows of a batch, of one show or of several. Every update says what it expects; the counts tell the caller what
-- fell short. A kind of row that the batch hasn't got costs nothing, which is what makes a lone hold cheap.
CREATE OR REPLACE FUNCTION write_batch(
    instant timestamptz,
    resolve_seconds double precision,
    head_show bigint[],
    head_from bigint[],
    head_to bigint[],
    head_is_open boolean[],
    seat_show bigint[],
    seat_number int[],
    seat_from_state smallint[],
    seat_from_order bigint[],
    seat_to_state smallint[],
    seat_to_order bigint[],
    zone_show bigint[],
    zone_number smallint[],
    zone_from_held int[],
    zone_from_sold int[],
    zone_to_held int[],
    zone_to_sold int[],
    new_order_show bigint[],
    new_order bigint[],
    new_order_session uuid[],
    new_order_expires_at timestamptz[],
    new_order_kept_until timestamptz[],
    new_order_total bigint[],
    new_order_offset bigint[],
    new_order_seats_from int[],
    new_order_seats_to int[],
    new_order_zones_from int[],
    new_order_zones_to int[],
    order_show bigint[],
    order_number bigint[],
    order_from_state smallint[],
    order_to_state smallint[],
    order_payment uuid[],
    event_show bigint[],
    event bigint[],
    event_kind smallint[],
    event_order bigint[],
    event_seats_from int[],
    event_seats_to int[],
    event_zones_from int[],
    event_zones_to int[],
    -- The places of new orders and of events, to be cut up by the bounds above: SQL has no ragged arrays.
    seat_lists int[],
    zone_lists int[],
    new_payment_show bigint[],
    new_payment uuid[],
    new_payment_order bigint[],
    new_payment_provider text[],
    new_payment_method text[],
    new_payment_amount bigint[],
    new_payment_currency text[],
    payment_show bigint[],
    payment uuid[],
    payment_to_state smallint[],
    payment_reason text[],
    answer_show bigint[],
    answer_scope uuid[],
    answer_key text[],
    answer_digest bytea[],
    answer_decision text[],
    answer_is_final boolean[],
    OUT heads_written int,
    OUT seats_written int,
    OUT zones_written int,
    OUT orders_written int,
    OUT answers_written int,
    OUT new_payments_written uuid[],
    OUT payments_written uuid[]
)
LANGUAGE plpgsql AS $$
DECLARE
    changed_show bigint[];
    changed_state smallint[];
BEGIN
    heads_written := 0;
    seats_written := 0;
    zones_written := 0;
    orders_written := 0;
    answers_written := 0;
    new_payments_written := '{}';
    payments_written := '{}';

    IF cardinality(head_show) > 0 THEN
        UPDATE journal_heads h SET journal_offset = c.to_offset, is_open = coalesce(c.open, h.is_open)
        FROM unnest(head_show, head_from, head_to, head_is_open) AS c (show_id, from_offset, to_offset, open)
        WHERE h.show_id = c.show_id AND h.journal_offset = c.from_offset;
        GET DIAGNOSTICS heads_written = ROW_COUNT;
    END IF;

    IF cardinality(seat_number) > 0 THEN
        UPDATE seats s SET state = c.to_state, order_id = c.to_order
        FROM unnest(seat_show, seat_number, seat_from_state, seat_from_order, seat_to_state, seat_to_order)
            AS c (show_id, number, from_state, from_order, to_state, to_order)
        WHERE s.show_id = c.show_id AND s.seat = c.number
          AND s.state = c.from_state AND s.order_id IS NOT DISTINCT FROM c.from_order;
        GET DIAGNOSTICS seats_written = ROW_COUNT;
    END IF;

    IF cardinality(zone_number) > 0 THEN
        UPDATE zones z SET held = c.to_held, sold = c.to_sold
        FROM unnest(zone_show, zone_number, zone_from_held, zone_from_sold, zone_to_held, zone_to_sold)
            AS c (show_id, number, from_held, from_sold, to_held, to_sold)
        WHERE z.show_id = c.show_id AND z.zone = c.number
          AND z.held = c.from_held AND z.sold = c.from_sold AND c.to_held + c.to_sold <= z.capacity;
        GET DIAGNOSTICS zones_written = ROW_COUNT;
    END IF;

    IF cardinality(new_order) > 0 THEN
        INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones)
        SELECT c.show_id, c.number, c.session, 1, instant, c.expires, c.kept, c.price, c.booked,
               seat_lists[c.seats_from : c.seats_to], zone_lists[c.zones_from : c.zones_to]
        FROM unnest(new_order_show, new_order, new_order_session, new_order_expires_at, new_order_kept_until, new_order_total,
                    new_order_offset, new_order_seats_from, new_order_seats_to, new_order_zones_from, new_order_zones_to)
            AS c (show_id, number, session, expires, kept, price, booked, seats_from, seats_to, zones_from, zones_to);
    END IF;

    IF cardinality(order_number) > 0 THEN
        UPDATE orders o SET state = c.to_state, ended_at = instant, payment_id = coalesce(c.paid_by, o.payment_id)
        FROM unnest(order_show, order_number, order_from_state, order_to_state, order_payment)
            AS c (show_id, number, from_state, to_state, paid_by)
        WHERE o.show_id = c.show_id AND o.order_id = c.number AND o.state = c.from_state
          -- A lapsed hold can only time out, and only a lapsed one does.
          AND (c.from_state <> 1 OR (o.kept_until <= instant) = (c.to_state = 4));
        GET DIAGNOSTICS orders_written = ROW_COUNT;
    END IF;

    IF cardinality(event) > 0 THEN
        INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
        SELECT c.show_id, c.number, instant, c.kind, c.order_number,
               seat_lists[c.seats_from : c.seats_to], zone_lists[c.zones_from : c.zones_to]
        FROM unnest(event_show, event, event_kind, event_order,
                    event_seats_from, event_seats_to, event_zones_from, event_zones_to)
            AS c (show_id, number, kind, order_number, seats_from, seats_to, zones_from, zones_to);
    END IF;

    IF cardinality(new_payment) > 0 THEN
        WITH new AS (
            INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, created_at, changed_at)
            SELECT c.show_id, c.id, c.order_number, c.provider, c.method, c.amount, c.currency, 1, instant, instant
            FROM unnest(new_payment_show, new_payment, new_payment_order, new_payment_provider, new_payment_method,
                        new_payment_amount, new_payment_currency)
                AS c (show_id, id, order_number, provider, method, amount, currency)
            ON CONFLICT DO NOTHING
            RETURNING show_id, payment_id
        ),
        new_outbox AS (
            INSERT INTO outbox (show_id, payment_id, action, due_at)
            SELECT n.show_id, n.payment_id, 1, instant + make_interval(secs => resolve_seconds) FROM new n
        )
        SELECT coalesce(array_agg(n.payment_id), '{}') INTO new_payments_written FROM new n;
    END IF;

    IF cardinality(payment) > 0 THEN
        WITH changed AS (
            UPDATE payments p SET state = c.to_state, reason = c.reason, changed_at = instant
            FROM unnest(payment_show, payment, payment_to_state, payment_reason) AS c (show_id, id, to_state, reason)
            WHERE p.show_id = c.show_id AND p.payment_id = c.id AND p.state = 1
            RETURNING p.show_id, p.payment_id, p.state
        )
        SELECT coalesce(array_agg(c.show_id), '{}'), coalesce(array_agg(c.payment_id), '{}'), coalesce(array_agg(c.state), '{}')
        INTO changed_show, payments_written, changed_state FROM changed c;
        -- The node that confirms captures too: to the others the row comes due when it has had the time. What is due
        -- late enough stays as it is, and its place in the index with it.
        UPDATE outbox b SET action = CASE c.state WHEN 2 THEN 2 ELSE 3 END, attempts = 0, due_at = CASE
            WHEN c.state = 4 THEN instant
            WHEN b.due_at >= instant + make_interval(secs => resolve_seconds * 0.9) THEN b.due_at
            ELSE instant + make_interval(secs => resolve_seconds) END
        FROM unnest(changed_show, payments_written, changed_state) AS c (show_id, id, state)
        WHERE b.show_id = c.show_id AND b.payment_id = c.id AND c.state IN (2, 4);
        IF 6 = ANY (changed_state) THEN
            DELETE FROM outbox b USING unnest(changed_show, payments_written, changed_state) AS c (show_id, id, state)
            WHERE b.show_id = c.show_id AND b.payment_id = c.id AND c.state = 6;
        END IF;
    END IF;

    IF 5 = ANY (order_to_state) THEN
        WITH returned AS (
            -- Money not captured yet is voided, captured money refunded.
            UPDATE payments p SET state = CASE p.state WHEN 2 THEN 4 ELSE 7 END, changed_at = instant
            FROM unnest(order_show, order_number, order_to_state) AS c (show_id, number, to_state)
            WHERE c.to_state = 5 AND p.show_id = c.show_id AND p.order_id = c.number AND p.state IN (2, 3)
            RETURNING p.show_id, p.payment_id, p.state
        )
        INSERT INTO outbox AS b (show_id, payment_id, action, due_at)
        SELECT r.show_id, r.payment_id, CASE r.state WHEN 4 THEN 3 ELSE 4 END, instant FROM returned r
        ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET action = excluded.action, attempts = 0, due_at = excluded.due_at;
    END IF;

    IF cardinality(answer_key) > 0 THEN
        INSERT INTO idempotency AS i (show_id, scope, key, request_digest, decision, is_final, created_at)
        SELECT c.show_id, c.scope, c.key, c.digest, c.decision, c.is_final, instant
        FROM unnest(answer_show, answer_scope, answer_key, answer_digest, answer_decision, answer_is_final)
            AS c (show_id, scope, key, digest, decision, is_final)
        ON CONFLICT ON CONSTRAINT idempotency_pkey
        DO UPDATE SET decision = excluded.decision, is_final = excluded.is_final
            WHERE NOT i.is_final AND i.request_digest = excluded.request_digest;
        GET DIAGNOSTICS answers_written = ROW_COUNT;
    END IF;
END
$$;
