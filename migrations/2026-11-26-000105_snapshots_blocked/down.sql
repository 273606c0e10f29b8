ALTER TABLE snapshots DROP COLUMN blocked;
