SELECT organiser_id, name, created_at FROM organisers
WHERE :after IS NULL
   OR (created_at, organiser_id) > (SELECT a.created_at, a.organiser_id FROM organisers a WHERE a.organiser_id = :after)
ORDER BY created_at, organiser_id LIMIT :limit
