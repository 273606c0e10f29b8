ALTER TABLE journal_heads ADD COLUMN revision int NOT NULL DEFAULT 1;
-- The journal's offset once more, of a show with anything that nodes of the version before know nothing of: terms that have changed, other
-- prices. They move only one of the two on: whatever they would write there is refused by the check, and they answer that they are out
-- of order. NULL: nothing of the kind. Each batch pays for the length of a check, so that it says no more.
ALTER TABLE journal_heads ADD COLUMN revised_offset bigint;
ALTER TABLE journal_heads ADD CONSTRAINT heads_know_the_terms CHECK (revised_offset = journal_offset) NOT VALID;
ALTER TABLE journal_heads VALIDATE CONSTRAINT heads_know_the_terms;
