ALTER TABLE snapshots DROP COLUMN capacities;
ALTER TABLE snapshots DROP COLUMN revision;
