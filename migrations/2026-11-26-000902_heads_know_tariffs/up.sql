-- A head that tells its offset twice is that of a show with terms that nodes of the version before know nothing of. They move only one of
-- the two on: so whatever they would sell there, at other prices, is refused, and they answer that they are out of order.
ALTER TABLE journal_heads ADD CONSTRAINT heads_know_tariffs
    CHECK (revised_offset IS NULL OR revised_offset = journal_offset) NOT VALID;
ALTER TABLE journal_heads VALIDATE CONSTRAINT heads_know_tariffs;
