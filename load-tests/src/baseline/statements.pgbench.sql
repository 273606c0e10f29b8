\set n :n + 1
\set number :client_id + :clients * (:n - 1)
\set show 1 + mod(:number, :shows)
\set first (:number / :shows) * :per_order
\set last :first + :per_order - 1
BEGIN;
SELECT journal_offset + 1 AS head FROM journal_heads WHERE show_id = :show AND is_open FOR UPDATE \gset
SELECT extract(epoch FROM clock_timestamp())::text AS instant,
       (SELECT count(*) FROM idempotency WHERE show_id = :show
          AND scope = ('00000000-0000-4000-8000-' || lpad(:client_id::text, 12, '0'))::uuid
          AND key = 'a1b2c3d4e5f60718-' || :n::text) AS answered \gset
WITH taken AS (
    UPDATE seats SET state = 1, order_id = :head
    WHERE show_id = :show AND seat BETWEEN :first AND :last AND state = 0
    RETURNING 1
)
SELECT count(*) AS changed FROM taken \gset
\if :answered = 0 AND :changed = :per_order
INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones)
VALUES (:show, :head, ('00000000-0000-4000-8000-' || lpad(:client_id::text, 12, '0'))::uuid, 1, to_timestamp(:instant::float8),
        to_timestamp(:instant::float8 + 600), to_timestamp(:instant::float8 + 630), 4500 * :per_order, :head,
        ARRAY(SELECT generate_series(:first::int, :last::int)), '{}');
INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
VALUES (:show, :head, to_timestamp(:instant::float8), 1, :head, ARRAY(SELECT generate_series(:first::int, :last::int)), '{}');
INSERT INTO idempotency (show_id, scope, key, request_digest, decision, is_final, created_at)
VALUES (:show, ('00000000-0000-4000-8000-' || lpad(:client_id::text, 12, '0'))::uuid, 'a1b2c3d4e5f60718-' || :n::text,
        sha256(convert_to(:first::text, 'UTF8')),
        format('{"outcome":{"held":{"order":%s,"places":{"seats":[%s,%s],"zones":[]},"created_at":"%s","expires_at":"%s"}},"offset":%s}',
               :head::bigint, :first::int, :last::int, to_timestamp(:instant::float8),
               to_timestamp(:instant::float8 + 600), :head::bigint),
        true, to_timestamp(:instant::float8));
UPDATE journal_heads SET journal_offset = :head WHERE show_id = :show;
COMMIT;
\else
ROLLBACK;
SELECT 1 / 0;
\endif
