-- Whether a node is at it, so that `due_at` is the end of its lease and no pause. Nodes of the version before leave it false: what they
-- lease may be sent once more.
ALTER TABLE webhook_cursors ADD COLUMN is_leased boolean NOT NULL DEFAULT false;
