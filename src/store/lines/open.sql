UPDATE lines SET
    opened_at = clock_timestamp(),
    drawn = :drawn,
    last_number = :drawn,
    sketch = NULL,
    paced_offset = (SELECT h.journal_offset FROM journal_heads h WHERE h.show_id = :show)
WHERE show_id = :show AND opened_at IS NULL AND clock_timestamp() >= :opens_at
