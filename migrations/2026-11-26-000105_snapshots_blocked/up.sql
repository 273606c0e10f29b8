-- Blocked places by zone. NULL: written by a node that doesn't know of them, when there were none.
ALTER TABLE snapshots ADD COLUMN blocked int[];
