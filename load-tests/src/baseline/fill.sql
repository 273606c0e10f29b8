-- Free seats for one run, nothing else: every run starts from the same.
TRUNCATE journal_heads, seats, orders, journal, idempotency, payments, ledger;
INSERT INTO journal_heads (show_id) SELECT generate_series(1, :shows);
INSERT INTO seats (show_id, seat) SELECT show, seat
FROM generate_series(1, :shows) AS show, generate_series(0, :seats_per_show - 1) AS seat;
VACUUM ANALYZE;
CHECKPOINT;
