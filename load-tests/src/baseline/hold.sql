-- A hold as an expert writes it by hand: everything in one call, so one round trip and one transaction.
-- Gives the answer as it is kept under the idempotency key, or NULL if a seat was taken.
CREATE FUNCTION hold(show bigint, session uuid, wanted int[], hold_key text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    head bigint;
    instant timestamptz;
    answer text;
    changed int;
BEGIN
    SELECT h.journal_offset + 1 INTO head FROM journal_heads h WHERE h.show_id = show AND h.is_open FOR UPDATE;
    instant := clock_timestamp();
    SELECT i.decision INTO answer FROM idempotency i WHERE i.show_id = show AND i.scope = session AND i.key = hold_key;
    IF FOUND THEN
        RETURN answer;
    END IF;
    UPDATE seats s SET state = 1, order_id = head
    WHERE s.show_id = show AND s.seat = ANY (wanted) AND s.state = 0;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(wanted) THEN
        RAISE EXCEPTION 'seats taken';
    END IF;
    INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones)
    VALUES (show, head, session, 1, instant, instant + interval '600 s', instant + interval '630 s',
            4500 * cardinality(wanted), head, wanted, '{}');
    INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
    VALUES (show, head, instant, 1, head, wanted, '{}');
    answer := format('{"outcome":{"held":{"order":%s,"places":{"seats":[%s],"zones":[]},"created_at":"%s","expires_at":"%s"}},"offset":%s}',
                     head, array_to_string(wanted, ','), instant, instant + interval '600 s', head);
    INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, created_at)
    VALUES (show, session, hold_key, sha256(convert_to(wanted::text, 'UTF8')), answer, true, instant);
    UPDATE journal_heads h SET journal_offset = head WHERE h.show_id = show;
    RETURN answer;
END
$$;
