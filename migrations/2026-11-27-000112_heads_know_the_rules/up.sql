-- The journal's offset once more, of a show with rules, or anything else that nodes of the version before know nothing of. They move only one
-- of the two on: whatever they would write there is refused by the check, and they answer that they are out of order. NULL: nothing of
-- the kind. It stands in for `revised_offset`, which told nodes of the version before that one.
ALTER TABLE journal_heads ADD COLUMN ruled_offset bigint;
ALTER TABLE journal_heads ADD CONSTRAINT heads_know_the_rules CHECK (ruled_offset = journal_offset) NOT VALID;
