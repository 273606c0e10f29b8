SELECT show_id, selection, seats, zones, created_at, false
FROM selections
WHERE session_id = :session AND deleted_at IS NULL
  AND (:word IS NULL OR (created_at, show_id, selection) > (
      SELECT a.created_at, a.show_id, a.selection FROM selections a WHERE a.show_id = :show AND a.selection = :word
  ))
ORDER BY created_at, show_id, selection LIMIT :limit
