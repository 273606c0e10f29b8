SELECT count(*) FROM scans s WHERE s.show_id = :show AND s.conflict IS NOT NULL
