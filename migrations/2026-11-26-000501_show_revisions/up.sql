-- A show's terms change: `shows` has the present ones, under their number. Nodes of the version before keep what they have read. So that
-- they never sell at terms of the past, they can write nothing of a show whose terms have changed (000502).
ALTER TABLE shows ADD COLUMN revision int NOT NULL DEFAULT 1;
-- Not to be seen by anyone but its organiser. Nodes of the version before show it; they can't open it, as that changes its terms.
ALTER TABLE shows ADD COLUMN is_draft boolean NOT NULL DEFAULT false;
-- When a draft was published: its place in the list of those who see no drafts. NULL: where it was made.
ALTER TABLE shows ADD COLUMN listed_at timestamptz;
ALTER TABLE shows ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC';
-- NULL: as the rows of its zones say, which have not changed then.
ALTER TABLE shows ADD COLUMN zone_capacities int[];

-- Every revision of a show that has more than one: its row of `shows`, as it was.
CREATE TABLE show_revisions (
    show_id bigint NOT NULL,
    revision int NOT NULL CHECK (revision > 0),
    -- When it came into force.
    at timestamptz NOT NULL,
    terms jsonb NOT NULL,
    PRIMARY KEY (show_id, revision)
);
