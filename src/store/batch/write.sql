-- One batch, all its rows. Every update says what it expects; the counts tell the caller what fell short.
-- The show's id comes with each list, behind OFFSET 0: were it a constant, the planner might read all of a show's rows
-- and look each up in the list, which is right only while the table is as small as its statistics say.
WITH head AS (
    UPDATE journal_heads SET journal_offset = :head_to, is_open = coalesce(:is_open, is_open)
    WHERE show_id = :show AND journal_offset = :head_from
    RETURNING 1
),
seat AS (
    UPDATE seats s SET state = c.to_state, order_id = c.to_order
    FROM (
        SELECT :show AS show_id, *
        FROM unnest(:seat, :seat_from_state, :seat_from_order, :seat_to_state, :seat_to_order)
            AS c (seat, from_state, from_order, to_state, to_order)
        OFFSET 0
    ) c
    WHERE s.show_id = c.show_id AND s.seat = c.seat
      AND s.state = c.from_state AND s.order_id IS NOT DISTINCT FROM c.from_order
    RETURNING 1
),
zone AS (
    UPDATE zones z SET held = c.to_held, sold = c.to_sold
    FROM (
        SELECT :show AS show_id, *
        FROM unnest(:zone, :zone_from_held, :zone_from_sold, :zone_to_held, :zone_to_sold)
            AS c (zone, from_held, from_sold, to_held, to_sold)
        OFFSET 0
    ) c
    WHERE z.show_id = c.show_id AND z.zone = c.zone
      AND z.held = c.from_held AND z.sold = c.from_sold AND c.to_held + c.to_sold <= z.capacity
    RETURNING 1
),
new_order AS (
    INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones)
    SELECT :show, c.order_id, c.session_id, 1, :instant, c.expires_at, c.kept_until, c.total, c.booked_offset,
           (:order_seats)[c.seats_from : c.seats_to], (:order_zones)[c.zones_from : c.zones_to]
    FROM unnest(:new_order, :new_order_session, :new_order_expires_at, :new_order_kept_until, :new_order_total,
                :new_order_offset, :new_order_seats_from, :new_order_seats_to, :new_order_zones_from, :new_order_zones_to)
        AS c (order_id, session_id, expires_at, kept_until, total, booked_offset, seats_from, seats_to, zones_from, zones_to)
),
changed_order AS (
    UPDATE orders o SET state = c.to_state, ended_at = :instant, payment_id = coalesce(c.payment_id, o.payment_id)
    FROM (
        SELECT :show AS show_id, *
        FROM unnest(:order, :order_from_state, :order_to_state, :order_payment)
            AS c (order_id, from_state, to_state, payment_id)
        OFFSET 0
    ) c
    WHERE o.show_id = c.show_id AND o.order_id = c.order_id AND o.state = c.from_state
      -- A lapsed hold can only time out, and only a lapsed one does.
      AND (c.from_state <> 1 OR (o.kept_until <= :instant) = (c.to_state = 4))
    RETURNING o.show_id, o.order_id, c.to_state
),
event AS (
    INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
    SELECT :show, c.journal_offset, :instant, c.kind, c.order_id,
           (:event_seats)[c.seats_from : c.seats_to], (:event_zones)[c.zones_from : c.zones_to]
    FROM unnest(:event, :event_kind, :event_order, :event_seats_from, :event_seats_to, :event_zones_from, :event_zones_to)
        AS c (journal_offset, kind, order_id, seats_from, seats_to, zones_from, zones_to)
),
new_payment AS (
    INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, created_at, changed_at)
    SELECT :show, c.payment_id, c.order_id, c.provider, c.payment_method, c.amount, :currency, 1, :instant, :instant
    FROM unnest(:new_payment, :new_payment_order, :new_payment_provider, :new_payment_method, :new_payment_amount)
        AS c (payment_id, order_id, provider, payment_method, amount)
    ON CONFLICT DO NOTHING
    RETURNING payment_id
),
new_outbox AS (
    INSERT INTO outbox (show_id, payment_id, action, due_at)
    SELECT :show, p.payment_id, 1, :instant::timestamptz + make_interval(secs => :resolve_seconds)
    FROM new_payment p
),
changed_payment AS (
    UPDATE payments p SET state = c.to_state, reason = c.reason, changed_at = :instant
    FROM (
        SELECT :show AS show_id, *
        FROM unnest(:payment, :payment_to_state, :payment_reason) AS c (payment_id, to_state, reason)
        OFFSET 0
    ) c
    WHERE p.show_id = c.show_id AND p.payment_id = c.payment_id AND p.state = 1
    RETURNING p.show_id, p.payment_id, p.state
),
changed_outbox AS (
    UPDATE outbox b SET action = CASE p.state WHEN 2 THEN 2 ELSE 3 END, attempts = 0, due_at = :instant
    FROM changed_payment p
    WHERE b.show_id = p.show_id AND b.payment_id = p.payment_id AND p.state IN (2, 4)
),
finished_outbox AS (
    DELETE FROM outbox b USING changed_payment p
    WHERE b.show_id = p.show_id AND b.payment_id = p.payment_id AND p.state = 6
),
returned_payment AS (
    -- Money not captured yet is voided, captured money refunded.
    UPDATE payments p SET state = CASE p.state WHEN 2 THEN 4 ELSE 7 END, changed_at = :instant
    FROM changed_order o
    WHERE o.to_state = 5 AND p.show_id = o.show_id AND p.order_id = o.order_id AND p.state IN (2, 3)
    RETURNING p.payment_id, p.state
),
returned_outbox AS (
    INSERT INTO outbox AS b (show_id, payment_id, action, due_at)
    SELECT :show, p.payment_id, CASE p.state WHEN 4 THEN 3 ELSE 4 END, :instant FROM returned_payment p
    ON CONFLICT (show_id, payment_id) DO UPDATE SET action = excluded.action, attempts = 0, due_at = excluded.due_at
),
answer AS (
    INSERT INTO idempotency AS i (show_id, scope, key, request_digest, decision, is_final, created_at)
    SELECT :show, c.scope, c.key, c.request_digest, c.decision, c.is_final, :instant
    FROM unnest(:answer_scope, :answer_key, :answer_digest, :answer_decision, :answer_is_final)
        AS c (scope, key, request_digest, decision, is_final)
    ON CONFLICT (show_id, scope, key) DO UPDATE SET decision = excluded.decision, is_final = excluded.is_final
        WHERE NOT i.is_final AND i.request_digest = excluded.request_digest
    RETURNING 1
)
SELECT (SELECT count(*) FROM head),
       (SELECT count(*) FROM seat),
       (SELECT count(*) FROM zone),
       (SELECT count(*) FROM changed_order),
       (SELECT count(*) FROM answer),
       (SELECT coalesce(array_agg(payment_id), '{}') FROM new_payment),
       (SELECT coalesce(array_agg(payment_id), '{}') FROM changed_payment)
