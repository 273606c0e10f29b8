DROP TABLE show_revisions;
ALTER TABLE shows DROP COLUMN zone_capacities;
ALTER TABLE shows DROP COLUMN time_zone;
ALTER TABLE shows DROP COLUMN listed_at;
ALTER TABLE shows DROP COLUMN is_draft;
ALTER TABLE shows DROP COLUMN revision;
