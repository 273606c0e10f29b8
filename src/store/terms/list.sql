SELECT r.revision, r.at FROM show_revisions r WHERE r.show_id = :show AND r.revision > :after
UNION ALL
-- A show whose terms have never changed has no row there.
SELECT s.revision, s.created_at FROM shows s WHERE s.show_id = :show AND s.revision = 1 AND s.revision > :after
ORDER BY 1 LIMIT :limit
