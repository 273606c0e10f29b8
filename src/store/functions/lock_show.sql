-- Takes the show's lock, and only then reads the clock, the journal's offset and the answers already given under the
-- waiting commands' idempotency keys. Two statements in one round trip: in a single one, the snapshot and the clock
-- could be older than the lock.
CREATE OR REPLACE FUNCTION lock_show(
    show bigint,
    scopes uuid[],
    keys text[],
    OUT instant timestamptz,
    OUT head bigint,
    OUT positions int[],
    OUT request_digests bytea[],
    OUT decisions text[]
)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT h.journal_offset INTO head FROM journal_heads h WHERE h.show_id = show FOR UPDATE;
    instant := clock_timestamp();
    IF cardinality(keys) > 0 THEN
        SELECT array_agg(k.position::int), array_agg(i.request_digest), array_agg(i.decision)
        INTO positions, request_digests, decisions
        FROM unnest(scopes, keys) WITH ORDINALITY AS k (scope, key, position)
        -- OFFSET 0 keeps the planner from reading all of the show's answers and comparing them with each key.
        CROSS JOIN LATERAL (
            SELECT a.request_digest, a.decision FROM idempotency a
            WHERE a.show_id = show AND a.scope = k.scope AND a.key = k.key
            OFFSET 0
        ) i;
    END IF;
END
$$;
