-- Places that the organiser keeps off sale. Nodes of the version before don't know of them:
--   * What they read of a show and what they write leaves the column as it is. They may tell that more is free than is; but they can't
--     sell it, as the check refuses it, and answer that they are out of order.
--   * Events `blocked` and `unblocked` with zones contradict their state. They drop it, and read it anew from the rows.
--   * What they would write as snapshots is left out (leave_out_snapshots_1).
ALTER TABLE zones ADD COLUMN blocked int NOT NULL DEFAULT 0;
ALTER TABLE zones ADD CONSTRAINT zones_have_room CHECK (blocked >= 0 AND held + sold + blocked <= capacity) NOT VALID;
