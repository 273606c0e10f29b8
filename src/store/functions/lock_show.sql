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
        JOIN idempotency i ON i.show_id = show AND i.scope = k.scope AND i.key = k.key;
    END IF;
END
$$;
