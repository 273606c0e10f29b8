INSERT INTO codes (show_id, word, terms, uses_max, valid_from, valid_until)
SELECT :show, w.word, :terms::jsonb, :uses_max, :valid_from, :valid_until
FROM unnest(:words) WITH ORDINALITY AS w (word, place)
WHERE (SELECT count(*) FROM codes c WHERE c.show_id = :show) + cardinality(:words) <= :codes_max
ORDER BY w.place
RETURNING code_id
