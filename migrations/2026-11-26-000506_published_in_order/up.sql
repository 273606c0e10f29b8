-- Shows that everybody sees are listed in the order in which they became visible.
CREATE INDEX CONCURRENTLY shows_published_in_order ON shows (coalesce(listed_at, created_at), show_id) WHERE NOT is_draft;
