ALTER TABLE journal_heads ADD COLUMN revision int NOT NULL DEFAULT 1;
-- The journal's offset once more, where the terms have changed. Nodes of the version before don't move it on: whatever they decide on terms
-- that are not in force any more is refused by the check, and they answer that they are out of order.
ALTER TABLE journal_heads ADD COLUMN revised_offset bigint;
ALTER TABLE journal_heads ADD CONSTRAINT heads_know_the_terms
    CHECK (revision = 1 OR revised_offset IS NOT DISTINCT FROM journal_offset) NOT VALID;
ALTER TABLE journal_heads VALIDATE CONSTRAINT heads_know_the_terms;
