-- Takes the shows' locks, and only then reads the clock, the journals' offsets and the answers already given under the
-- waiting commands' idempotency keys. Several statements in one round trip: in a single one, the snapshot and the clock
-- could be older than a lock.
--
-- One show's lock is waited for. Of several shows, those that someone else has locked are left out: a transaction that
-- holds a lock never waits for another one.
CREATE FUNCTION lock_shows_1(
    shows bigint[],
    key_shows bigint[],
    scopes uuid[],
    keys text[],
    OUT instant timestamptz,
    OUT locked bigint[],
    OUT heads bigint[],
    OUT positions int[],
    OUT request_digests bytea[],
    OUT decisions text[]
)
LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(shows) = 1 THEN
        SELECT ARRAY[h.show_id], ARRAY[h.journal_offset] INTO locked, heads
        FROM journal_heads h WHERE h.show_id = shows[1] FOR UPDATE;
    ELSE
        SELECT array_agg(h.show_id), array_agg(h.journal_offset) INTO locked, heads
        FROM (
            SELECT j.show_id, j.journal_offset
            FROM unnest(shows) AS s (show_id) JOIN journal_heads j ON j.show_id = s.show_id
            FOR UPDATE OF j SKIP LOCKED
        ) h;
    END IF;
    instant := clock_timestamp();
    IF cardinality(keys) > 0 THEN
        SELECT array_agg(k.position::int), array_agg(i.request_digest), array_agg(i.decision)
        INTO positions, request_digests, decisions
        FROM unnest(key_shows, scopes, keys) WITH ORDINALITY AS k (show_id, scope, key, position)
        -- OFFSET 0 keeps the planner from reading all of a show's answers and comparing them with each key.
        CROSS JOIN LATERAL (
            SELECT a.request_digest, a.decision FROM idempotency a
            WHERE a.show_id = k.show_id AND a.scope = k.scope AND a.key = k.key
            OFFSET 0
        ) i;
    END IF;
END
$$;
