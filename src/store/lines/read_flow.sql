SELECT count(*) FILTER (WHERE j.kind = 1), coalesce(sum(p.places) FILTER (WHERE j.kind = 1), 0)::bigint,
    count(*) FILTER (WHERE j.kind = 4), count(*) FILTER (WHERE j.kind IN (2, 3)), coalesce(max(j.journal_offset), :after)
FROM journal j
CROSS JOIN LATERAL (
    SELECT cardinality(j.seats) + coalesce((SELECT sum(j.zones[i + 1]) FROM generate_series(1, cardinality(j.zones), 2) i), 0) AS places
) p
WHERE j.show_id = :show AND j.journal_offset > :after AND j.journal_offset <= :up_to
