-- Codes of a show are made and changed one after the other, and none is used meanwhile. From the first one on, nodes that know nothing of codes
-- write nothing of the show.
UPDATE journal_heads SET revised_offset = journal_offset WHERE show_id = :show RETURNING show_id
