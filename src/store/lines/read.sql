SELECT l.show_id, l.salt, l.commitment, l.sketch, l.drawn, l.opened_at, l.last_number, l.admitted, l.pace, l.history,
    l.paced_by, l.paced_at, l.paced_offset, h.revision, h.is_canceled, clock_timestamp()
FROM lines l JOIN journal_heads h USING (show_id)
WHERE l.show_id = ANY (:shows)
