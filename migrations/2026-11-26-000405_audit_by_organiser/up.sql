-- An organiser reads its own entries, however many others there are between them.
CREATE INDEX CONCURRENTLY audit_by_organiser ON audit (organiser_id, audit_id);
