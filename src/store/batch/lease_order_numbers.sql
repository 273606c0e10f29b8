WITH wanted AS (
    SELECT w.show_id, w.count, sum(w.count) OVER (ORDER BY w.place) - w.count AS skipped
    FROM unnest(:shows, :counts) WITH ORDINALITY AS w (show_id, count, place)
),
leased AS (
    UPDATE office SET next_order_number = next_order_number + (SELECT sum(w.count) FROM wanted w)
    RETURNING next_order_number - (SELECT sum(w.count) FROM wanted w) AS first_number
),
ranges AS (
    INSERT INTO order_ranges (first_number, numbers, show_id)
    SELECT l.first_number + w.skipped, w.count, w.show_id FROM leased l CROSS JOIN wanted w
)
SELECT w.show_id, (l.first_number + w.skipped)::bigint, w.count FROM leased l CROSS JOIN wanted w
