-- Numbers are given behind a lock, so that nobody who reads on from a number misses a smaller one that was committed later.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(:lock))
INSERT INTO audit (organiser_id, key_id, operation, subject, came_from, request_id)
SELECT e.organiser_id, e.key_id, e.operation, e.subject, e.came_from, e.request_id
FROM turn
CROSS JOIN unnest(:organiser::uuid[], :key::uuid[], :operation::text[], :subject::text[], :came_from::text[], :request::uuid[])
    AS e (organiser_id, key_id, operation, subject, came_from, request_id)
