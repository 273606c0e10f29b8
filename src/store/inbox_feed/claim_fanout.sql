SELECT show_id, kind, cause, at, stage, after FROM inbox_fanouts ORDER BY at LIMIT 1 FOR UPDATE SKIP LOCKED
