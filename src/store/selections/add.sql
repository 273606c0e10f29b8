INSERT INTO selections (show_id, selection, session_id, seats, zones)
SELECT :show, :word, :session, :seats, :zones
WHERE (
    SELECT count(*) FROM (SELECT FROM selections WHERE session_id = :session AND deleted_at IS NULL LIMIT :selections_max) own
) < :selections_max
