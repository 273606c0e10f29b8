UPDATE inbox_cursors c SET journal_offset = b.up_to, is_canceled = c.is_canceled OR c.show_id = ANY (:canceled)
FROM unnest(:shows, :up_to) AS b (show_id, up_to)
WHERE c.show_id = ANY (:shows) AND c.show_id = b.show_id
