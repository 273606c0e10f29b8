SELECT c.code_id, c.word, c.terms::text, c.uses_max, c.valid_from, c.valid_until, c.ended_at, c.created_at,
       -- Lapsed holds are none.
       (SELECT count(*) FROM orders o WHERE o.show_id = c.show_id AND o.code_id = c.code_id
            AND (o.state = 2 OR o.state = 1 AND o.kept_until > clock_timestamp()))
FROM codes c
WHERE c.show_id = :show AND c.code_id > :after
ORDER BY c.code_id LIMIT :limit
