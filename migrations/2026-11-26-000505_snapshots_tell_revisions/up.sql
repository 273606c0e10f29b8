-- NULL: written by a node that doesn't know of revisions, of a show that has one.
ALTER TABLE snapshots ADD COLUMN revision int;
ALTER TABLE snapshots ADD COLUMN capacities int[];
