-- What a show asks of its orders besides prices and limits (domain/rules.rs). NULL: nothing.
ALTER TABLE shows ADD COLUMN rules jsonb;
