-- A show that has had many orders: one in ten paid and given back, the others lapsed; each by one of a third as many buyers, one in
-- a hundred with a code. What the office keeps besides them is kept too: ranges of leased numbers, and the journal's head.
SET session_replication_role = replica;
BEGIN;
CREATE TEMPORARY TABLE past ON COMMIT DROP AS
SELECT h.show_id, h.journal_offset AS head, o.next_order_number AS first, date_trunc('day', clock_timestamp(), 'UTC') - interval '12 days' AS begin
FROM journal_heads h, office o WHERE h.show_id = :show;

UPDATE office SET next_order_number = next_order_number + (:orders + 63) / 64 * 64;

INSERT INTO order_ranges (first_number, numbers, show_id) SELECT first, (:orders + 63) / 64 * 64, show_id FROM past;

INSERT INTO codes (show_id, word, terms) SELECT show_id, 'EARLY', '{"off":{"percent":10}}' FROM past;

INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, settled_at, total, booked_offset, seats, zones, code_id)
SELECT p.show_id, p.first + n, md5((n % (:orders / 3))::text)::uuid, CASE WHEN n % 10 = 0 THEN 5 ELSE 4 END, p.begin + n * interval '1 second',
       p.begin + n * interval '1 second', p.begin + n * interval '1 second', p.begin + n * interval '1 second', 9000, p.head + n + 1,
       ARRAY[2 * n % :seats, (2 * n + 1) % :seats]::int[], '{}', CASE WHEN n % 100 = 0 THEN c.code_id END
FROM past p, codes c, generate_series(0, :orders - 1) AS n WHERE c.show_id = p.show_id;

INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, buyer_email, attendees, metadata, changed_at)
SELECT p.show_id, p.first + n, p.head + n + 1, 'Buyer ' || n, 'buyer' || n % (:orders / 3) || '@example.org', '{}', '{}', p.begin
FROM past p, generate_series(0, :orders - 1) AS n;

UPDATE journal_heads SET journal_offset = journal_offset + :orders WHERE show_id = :show;
COMMIT;
VACUUM ANALYZE;
CHECKPOINT;
-- The day after it began.
SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date - 11;
