WITH canceled AS (
    UPDATE journal_heads SET is_canceled = true WHERE show_id = :show RETURNING show_id
)
INSERT INTO cancellations (show_id) SELECT show_id FROM canceled ON CONFLICT DO NOTHING
