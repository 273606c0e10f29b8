-- Whoever has lost its lease ends nothing: another node is at it.
UPDATE mails SET
    state = :state,
    attempts = :attempts,
    status = :status,
    due_at = CASE WHEN :state = 1 THEN clock_timestamp() + make_interval(secs => :pause_seconds) END,
    ended_at = CASE WHEN :state <> 1 THEN clock_timestamp() END
WHERE show_id = :show AND order_id = :order AND kind = :kind AND journal_offset = :offset AND due_at = :lease
