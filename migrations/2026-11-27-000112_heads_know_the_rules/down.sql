ALTER TABLE journal_heads DROP COLUMN ruled_offset;
