ALTER TABLE journal DROP COLUMN revision;
