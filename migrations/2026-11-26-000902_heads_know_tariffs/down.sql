ALTER TABLE journal_heads DROP CONSTRAINT heads_know_tariffs;
