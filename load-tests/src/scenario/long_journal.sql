-- A show that has been sold and given back for a long time: as many orders as half the events, each held and canceled.
-- What the office keeps besides them is kept too: ranges of leased numbers, a journal without a gap, its head.
BEGIN;
CREATE TEMPORARY TABLE past ON COMMIT DROP AS
SELECT h.show_id, h.journal_offset AS head, o.next_order_number AS first, clock_timestamp() AS now
FROM journal_heads h, office o WHERE h.show_id = :show;

UPDATE office SET next_order_number = next_order_number + (:events / 2 + 63) / 64 * 64;

INSERT INTO order_ranges (first_number, numbers, show_id) SELECT first, (:events / 2 + 63) / 64 * 64, show_id FROM past;

INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, settled_at, total, booked_offset, seats, zones)
SELECT show_id, first + n, '00000000-0000-4000-8000-000000000000', 3, now, now + interval '600 s', now + interval '630 s', now,
       9000, head + 2 * n + 1, ARRAY[2 * n % :seats, 2 * n % :seats + 1]::int[], '{}'
FROM past, generate_series(0, :events / 2 - 1) AS n;

INSERT INTO journal (show_id, journal_offset, at, kind, order_id, seats, zones)
SELECT show_id, head + n + 1, now, 1 + n % 2, first + n / 2, ARRAY[n / 2 * 2 % :seats, n / 2 * 2 % :seats + 1]::int[], '{}'
FROM past, generate_series(0, :events - 1) AS n;

UPDATE journal_heads SET journal_offset = journal_offset + :events WHERE show_id = :show;
COMMIT;
VACUUM ANALYZE;
CHECKPOINT;
