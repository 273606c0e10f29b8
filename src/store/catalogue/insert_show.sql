WITH head AS (
    INSERT INTO journal_heads (show_id, journal_offset, is_open, ruled_offset)
    VALUES (:show, CASE WHEN :is_open THEN 1 ELSE 0 END, :is_open, CASE WHEN :has_rules THEN CASE WHEN :is_open THEN 1 ELSE 0 END END)
),
opened AS (
    INSERT INTO journal (show_id, journal_offset, at, kind, seats, zones)
    SELECT :show, 1, clock_timestamp(), 8, '{}', '{}' WHERE :is_open
),
zone AS (
    INSERT INTO zones (show_id, zone, capacity)
    SELECT :show, c.zone, c.capacity FROM unnest(:zones, :capacities) AS c (zone, capacity)
)
INSERT INTO seats (show_id, seat) SELECT :show, generate_series(0, :seats - 1)
