-- All rows of a batch, of one show or of several. Every update says what it expects; the counts tell the caller what
-- fell short. A kind of row that the batch hasn't got costs nothing, which is what makes a lone hold cheap.
CREATE FUNCTION write_drafts_1(
    instant timestamptz,
    resolve_seconds double precision,
    -- Empty: the caller has the shows' locks, and counts what was written. Otherwise the locks are taken here, and nothing
    -- is written unless the journals' offsets are these, `instant` has only just been and `valid_until` has not come yet.
    lock_show bigint[],
    lock_offset bigint[],
    valid_until timestamptz,
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
    -- Whether a held order must have lapsed by now; else it must not.
    order_is_lapsed boolean[],
    order_kept_until timestamptz[],
    order_payment uuid[],
    order_tickets_from int[],
    order_tickets_to int[],
    event_show bigint[],
    event bigint[],
    event_kind smallint[],
    event_order bigint[],
    event_seats_from int[],
    event_seats_to int[],
    event_zones_from int[],
    event_zones_to int[],
    event_tickets_from int[],
    event_tickets_to int[],
    -- Places and tickets of orders and of events, to be cut up by the bounds above: SQL has no ragged arrays.
    seat_lists int[],
    zone_lists int[],
    ticket_lists smallint[],
    new_payment_show bigint[],
    new_payment uuid[],
    new_payment_order bigint[],
    new_payment_provider text[],
    new_payment_method text[],
    new_payment_amount bigint[],
    new_payment_currency text[],
    new_payment_state smallint[],
    new_payment_return_url text[],
    payment_show bigint[],
    payment uuid[],
    payment_to_state smallint[],
    payment_reason text[],
    payment_reference text[],
    payment_is_authorised boolean[],
    return_show bigint[],
    return_order bigint[],
    return_refund uuid[],
    return_amount bigint[],
    -- Whether no ticket is left.
    return_is_whole boolean[],
    answer_show bigint[],
    answer_scope uuid[],
    answer_key text[],
    answer_digest bytea[],
    answer_decision text[],
    answer_is_final boolean[],
    -- Whether the key has an answer that is not final; else it must have none.
    answer_is_again boolean[],
    OUT clock timestamptz,
    OUT is_stale boolean,
    OUT heads_written int,
    OUT seats_written int,
    OUT zones_written int,
    OUT orders_written int,
    OUT answers_written int,
    OUT new_payments_written uuid[],
    OUT payments_written uuid[],
    OUT returns_written int
)
LANGUAGE plpgsql AS $$
DECLARE
    changed_show bigint[];
    changed_state smallint[];
    heads_locked int;
    payments_begun int;
    answers_new int;
BEGIN
    heads_written := 0;
    seats_written := 0;
    zones_written := 0;
    orders_written := 0;
    answers_written := 0;
    new_payments_written := '{}';
    payments_written := '{}';
    returns_written := 0;
    is_stale := false;

    IF cardinality(lock_show) > 0 THEN
        IF cardinality(lock_show) = 1 THEN
            PERFORM 1 FROM journal_heads h WHERE h.show_id = lock_show[1] AND h.journal_offset = lock_offset[1] FOR UPDATE;
        ELSE
            PERFORM 1 FROM (SELECT unnest(lock_show) AS show_id, unnest(lock_offset) AS known) c
            JOIN journal_heads h ON h.show_id = c.show_id AND h.journal_offset = c.known
            FOR UPDATE OF h SKIP LOCKED;
        END IF;
        GET DIAGNOSTICS heads_locked = ROW_COUNT;
        clock := clock_timestamp();
        is_stale := heads_locked <> cardinality(lock_show) OR clock >= valid_until
            OR clock NOT BETWEEN instant AND instant + interval '50 milliseconds';
        IF is_stale THEN
            RETURN;
        END IF;
    END IF;

    IF cardinality(head_show) > 0 THEN
        UPDATE journal_heads h SET journal_offset = c.to_offset, is_open = coalesce(c.open, h.is_open)
        FROM (SELECT unnest(head_show) AS show_id, unnest(head_from) AS from_offset, unnest(head_to) AS to_offset,
                    unnest(head_is_open) AS open) c
        WHERE h.show_id = c.show_id AND h.journal_offset = c.from_offset AND NOT (h.is_canceled AND coalesce(c.open, false));
        GET DIAGNOSTICS heads_written = ROW_COUNT;
    END IF;

    IF cardinality(seat_number) > 0 THEN
        UPDATE seats s SET state = c.to_state, order_id = c.to_order
        FROM (SELECT unnest(seat_show) AS show_id, unnest(seat_number) AS number,
                    unnest(seat_from_state) AS from_state, unnest(seat_from_order) AS from_order,
                    unnest(seat_to_state) AS to_state, unnest(seat_to_order) AS to_order) c
        WHERE s.show_id = c.show_id AND s.seat = c.number
          AND s.state = c.from_state AND s.order_id IS NOT DISTINCT FROM c.from_order;
        GET DIAGNOSTICS seats_written = ROW_COUNT;
    END IF;

    IF cardinality(zone_number) > 0 THEN
        UPDATE zones z SET held = c.to_held, sold = c.to_sold
        FROM (SELECT unnest(zone_show) AS show_id, unnest(zone_number) AS number,
                    unnest(zone_from_held) AS from_held, unnest(zone_from_sold) AS from_sold,
                    unnest(zone_to_held) AS to_held, unnest(zone_to_sold) AS to_sold) c
        WHERE z.show_id = c.show_id AND z.zone = c.number
          AND z.held = c.from_held AND z.sold = c.from_sold AND c.to_held + c.to_sold <= z.capacity;
        GET DIAGNOSTICS zones_written = ROW_COUNT;
    END IF;

    IF cardinality(new_order) > 0 THEN
        INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones)
        SELECT c.show_id, c.number, c.session, 1, instant, c.expires, c.kept, c.price, c.booked,
               seat_lists[c.seats_from : c.seats_to], zone_lists[c.zones_from : c.zones_to]
        FROM (SELECT unnest(new_order_show) AS show_id, unnest(new_order) AS number,
                    unnest(new_order_session) AS session, unnest(new_order_expires_at) AS expires,
                    unnest(new_order_kept_until) AS kept, unnest(new_order_total) AS price,
                    unnest(new_order_offset) AS booked, unnest(new_order_seats_from) AS seats_from,
                    unnest(new_order_seats_to) AS seats_to, unnest(new_order_zones_from) AS zones_from,
                    unnest(new_order_zones_to) AS zones_to) c;
    END IF;

    IF cardinality(order_number) > 0 THEN
        UPDATE orders o SET state = c.to_state, payment_id = coalesce(c.paid_by, o.payment_id),
            ended_at = CASE WHEN c.to_state IN (c.from_state, 1) THEN o.ended_at ELSE instant END,
            kept_until = coalesce(c.kept_until, o.kept_until),
            returned_tickets = CASE WHEN c.tickets_from > c.tickets_to THEN o.returned_tickets
                                    ELSE o.returned_tickets || ticket_lists[c.tickets_from : c.tickets_to] END
        FROM (SELECT unnest(order_show) AS show_id, unnest(order_number) AS number,
                    unnest(order_from_state) AS from_state, unnest(order_to_state) AS to_state,
                    unnest(order_is_lapsed) AS is_lapsed, unnest(order_kept_until) AS kept_until,
                    unnest(order_payment) AS paid_by, unnest(order_tickets_from) AS tickets_from,
                    unnest(order_tickets_to) AS tickets_to) c
        WHERE o.show_id = c.show_id AND o.order_id = c.number AND o.state = c.from_state
          -- A lapsed hold is worth nothing.
          AND (c.from_state <> 1 OR (o.kept_until <= instant) = c.is_lapsed)
          AND NOT o.returned_tickets && ticket_lists[c.tickets_from : c.tickets_to];
        GET DIAGNOSTICS orders_written = ROW_COUNT;
    END IF;

    IF cardinality(event) > 0 THEN
        INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones, tickets)
        SELECT c.show_id, c.number, instant, c.kind, c.order_number,
               seat_lists[c.seats_from : c.seats_to], zone_lists[c.zones_from : c.zones_to],
               CASE WHEN c.tickets_from <= c.tickets_to THEN ticket_lists[c.tickets_from : c.tickets_to] END
        FROM (SELECT unnest(event_show) AS show_id, unnest(event) AS number, unnest(event_kind) AS kind,
                    unnest(event_order) AS order_number, unnest(event_seats_from) AS seats_from,
                    unnest(event_seats_to) AS seats_to, unnest(event_zones_from) AS zones_from,
                    unnest(event_zones_to) AS zones_to, unnest(event_tickets_from) AS tickets_from,
                    unnest(event_tickets_to) AS tickets_to) c;
    END IF;

    IF cardinality(new_payment) > 0 THEN
        -- No two of them are of one order, and nobody else writes any of these shows' payments meanwhile.
        INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, return_url, authorised_at, created_at, changed_at)
        SELECT c.show_id, c.id, c.order_number, c.provider, c.method, c.amount, c.currency, c.state, c.return_url, CASE c.state WHEN 3 THEN instant END, instant, instant
        FROM (SELECT unnest(new_payment_show) AS show_id, unnest(new_payment) AS id,
                    unnest(new_payment_order) AS order_number, unnest(new_payment_provider) AS provider,
                    unnest(new_payment_method) AS method, unnest(new_payment_amount) AS amount,
                    unnest(new_payment_currency) AS currency, unnest(new_payment_state) AS state,
                    unnest(new_payment_return_url) AS return_url) c
        WHERE NOT EXISTS (SELECT 1 FROM payments p WHERE p.show_id = c.show_id AND p.order_id = c.order_number AND p.is_live);
        GET DIAGNOSTICS payments_begun = ROW_COUNT;
        new_payments_written := new_payment;
        IF payments_begun < cardinality(new_payment) THEN
            SELECT coalesce(array_agg(p.payment_id), '{}') INTO new_payments_written
            FROM (SELECT unnest(new_payment_show) AS show_id, unnest(new_payment) AS id) c
            JOIN payments p ON p.show_id = c.show_id AND p.payment_id = c.id;
        END IF;
        -- Of what is settled at once nobody need be told.
        IF 1 = ANY (new_payment_state) THEN
            INSERT INTO outbox (show_id, payment_id, action, due_at)
            SELECT c.show_id, c.id, 1, instant + make_interval(secs => resolve_seconds)
            FROM (SELECT unnest(new_payment_show) AS show_id, unnest(new_payment) AS id, unnest(new_payment_state) AS state) c
            WHERE c.state = 1 AND c.id = ANY (new_payments_written);
        END IF;
    END IF;

    IF cardinality(payment) > 0 THEN
        WITH changed AS (
            UPDATE payments p SET state = c.to_state, reason = c.reason, changed_at = instant, action_url = NULL,
                reference = coalesce(c.reference, p.reference), authorised_at = CASE WHEN c.is_authorised THEN instant END
            FROM (SELECT unnest(payment_show) AS show_id, unnest(payment) AS id, unnest(payment_to_state) AS to_state,
                    unnest(payment_reason) AS reason, unnest(payment_reference) AS reference,
                    unnest(payment_is_authorised) AS is_authorised) c
            WHERE p.show_id = c.show_id AND p.payment_id = c.id AND p.state = 1
            RETURNING p.show_id, p.payment_id, p.state
        )
        SELECT coalesce(array_agg(c.show_id), '{}'), coalesce(array_agg(c.payment_id), '{}'), coalesce(array_agg(c.state), '{}')
        INTO changed_show, payments_written, changed_state FROM changed c;
        -- The node that confirms captures too: to the others the row comes due when it has had the time. What is due
        -- late enough stays as it is, and its place in the index with it.
        UPDATE outbox b SET action = CASE c.state WHEN 2 THEN 2 ELSE 3 END, attempts = 0, dead_at = NULL, due_at = CASE
            WHEN c.state = 4 THEN instant
            WHEN b.dead_at IS NULL AND b.due_at >= instant + make_interval(secs => resolve_seconds * 0.9) THEN b.due_at
            ELSE instant + make_interval(secs => resolve_seconds) END
        FROM (SELECT unnest(changed_show) AS show_id, unnest(payments_written) AS id, unnest(changed_state) AS state) c
        WHERE b.show_id = c.show_id AND b.payment_id = c.id AND c.state IN (2, 4) AND b.action <> 4;
        IF 6 = ANY (changed_state) THEN
            DELETE FROM outbox b USING (SELECT unnest(changed_show) AS show_id, unnest(payments_written) AS id, unnest(changed_state) AS state) c
            WHERE b.show_id = c.show_id AND b.payment_id = c.id AND c.state = 6;
        END IF;
    END IF;

    IF cardinality(return_order) > 0 THEN
        WITH wanted AS (
            SELECT unnest(return_show) AS show_id, unnest(return_order) AS number, unnest(return_refund) AS refund,
                   unnest(return_amount) AS amount, unnest(return_is_whole) AS is_whole
        ),
        paid AS (
            -- Money not taken yet is released as a whole; for a part of it, it has to be taken first.
            UPDATE payments p SET state = CASE WHEN NOT w.is_whole THEN 3 WHEN p.state = 2 THEN 4 ELSE 7 END, changed_at = instant
            FROM wanted w
            WHERE p.show_id = w.show_id AND p.order_id = w.number AND p.is_live
              AND (p.state = 3 OR p.state = 2 AND w.is_whole)
            RETURNING p.show_id, p.payment_id, p.order_id, p.currency, p.state, w.refund, w.amount
        ),
        new_refunds AS (
            INSERT INTO refunds (show_id, refund_id, payment_id, order_id, amount, currency, state, created_at, changed_at)
            SELECT d.show_id, d.refund, d.payment_id, d.order_id, d.amount, d.currency, 1, instant, instant FROM paid d WHERE d.state <> 4
        )
        INSERT INTO outbox AS b (show_id, payment_id, refund_id, action, due_at)
        SELECT d.show_id, d.payment_id, CASE d.state WHEN 4 THEN '00000000-0000-0000-0000-000000000000' ELSE d.refund END,
               CASE d.state WHEN 4 THEN 3 ELSE 4 END, instant
        FROM paid d
        ON CONFLICT ON CONSTRAINT outbox_pkey DO UPDATE SET action = excluded.action, attempts = 0, due_at = excluded.due_at, dead_at = NULL;
        GET DIAGNOSTICS returns_written = ROW_COUNT;
    END IF;

    IF true = ANY (answer_is_again) THEN
        UPDATE idempotency i SET decision = c.decision, is_final = c.is_final
        FROM (SELECT unnest(answer_show) AS show_id, unnest(answer_scope) AS scope, unnest(answer_key) AS key,
                    unnest(answer_digest) AS digest, unnest(answer_decision) AS decision,
                    unnest(answer_is_final) AS is_final, unnest(answer_is_again) AS is_again) c
        WHERE c.is_again AND i.show_id = c.show_id AND i.scope = c.scope AND i.key = c.key
          AND NOT i.is_final AND i.request_digest = c.digest;
        GET DIAGNOSTICS answers_written = ROW_COUNT;
    END IF;
    IF false = ANY (answer_is_again) THEN
        INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, created_at)
        SELECT c.show_id, c.scope, c.key, c.digest, c.decision, c.is_final, instant
        FROM (SELECT unnest(answer_show) AS show_id, unnest(answer_scope) AS scope, unnest(answer_key) AS key,
                    unnest(answer_digest) AS digest, unnest(answer_decision) AS decision,
                    unnest(answer_is_final) AS is_final, unnest(answer_is_again) AS is_again) c
        WHERE NOT c.is_again;
        GET DIAGNOSTICS answers_new = ROW_COUNT;
        answers_written := answers_written + answers_new;
    END IF;

    IF cardinality(lock_show) > 0 AND (
        heads_written <> cardinality(head_show) OR seats_written <> cardinality(seat_number)
        OR zones_written <> cardinality(zone_number) OR orders_written <> cardinality(order_number)
        OR answers_written <> cardinality(answer_key) OR cardinality(new_payments_written) <> cardinality(new_payment)
        OR cardinality(payments_written) <> cardinality(payment)
    ) THEN
        RAISE EXCEPTION 'not all rows were as expected' USING CONSTRAINT = 'all_written_at_once';
    END IF;
END
$$;
