-- A payment that is settled at once, written in the same way: a held order becomes a paid one.
-- Gives the answer as it is kept under the idempotency key.
CREATE FUNCTION pay(show bigint, session uuid, held bigint, pay_key text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
    instant timestamptz;
    answer text;
    changed int;
    bought orders;
    payment uuid := gen_random_uuid();
BEGIN
    SELECT h.journal_offset + 1 INTO head FROM journal_heads h WHERE h.show_id = show FOR UPDATE;
    instant := clock_timestamp();
    SELECT i.decision INTO answer FROM idempotency i WHERE i.show_id = show AND i.scope = session AND i.key = pay_key;
    IF FOUND THEN
        RETURN answer;
    END IF;
    UPDATE orders o SET state = 2, payment_id = payment
    WHERE o.show_id = show AND o.order_id = held AND o.session_id = session AND o.state = 1 AND o.kept_until > instant
    RETURNING o.* INTO bought;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not held';
    END IF;
    UPDATE seats s SET state = 2
    WHERE s.show_id = show AND s.seat = ANY (bought.seats) AND s.state = 1 AND s.order_id = held;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(bought.seats) THEN
        RAISE EXCEPTION 'seats lost';
    END IF;
    INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, authorised_at, created_at, changed_at)
    VALUES (show, payment, held, 'sandbox', 'card_ok', bought.total, 'EUR', 3, instant, instant, instant);
    INSERT INTO ledger (show_id, payment_id, entry, debit, credit, amount, currency, at)
    VALUES (show, payment, 'captured', 'provider', 'buyer', bought.total, 'EUR', instant);
    INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
    VALUES (show, head, instant, 4, held, bought.seats, '{}');
    answer := format('{"outcome":{"paid":{"payment":"%s","order":%s,"places":{"seats":[%s],"zones":[]},"created_at":"%s","expires_at":"%s"}},"offset":%s}',
                     payment, held, array_to_string(bought.seats, ','), bought.created_at, bought.expires_at, head);
    INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, created_at)
    VALUES (show, session, pay_key, sha256(convert_to(held::text, 'UTF8')), answer, true, instant);
    UPDATE journal_heads h SET journal_offset = head WHERE h.show_id = show;
    RETURN answer;
END
$$;
