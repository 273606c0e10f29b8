ALTER TABLE journal_heads DROP COLUMN revised_offset;
ALTER TABLE journal_heads DROP COLUMN revision;
