WITH page AS (
    SELECT DISTINCT p.label FROM labeled_places p WHERE p.show_id = :show AND p.label > :after ORDER BY p.label LIMIT :limit
)
SELECT l.label, l.zone, sum(l.places)::bigint
FROM page JOIN labeled_places l ON l.show_id = :show AND l.label = page.label
GROUP BY l.label, l.zone ORDER BY l.label, l.zone
