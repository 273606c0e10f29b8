UPDATE journal_heads SET revised_offset = journal_offset WHERE revised_offset IS NOT NULL;
ALTER TABLE journal_heads ADD CONSTRAINT heads_know_the_terms CHECK (revised_offset = journal_offset) NOT VALID;
ALTER TABLE journal_heads VALIDATE CONSTRAINT heads_know_the_terms;
