-- Shows are listed in the order in which they became visible.
CREATE INDEX CONCURRENTLY shows_in_order ON shows (created_at, show_id);
