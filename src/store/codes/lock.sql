-- Codes of a show are made and changed one after the other, and none is used meanwhile.
SELECT show_id FROM journal_heads WHERE show_id = :show FOR UPDATE
