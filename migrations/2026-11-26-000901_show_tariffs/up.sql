-- What a show asks for besides one price a category (domain/tariff.rs). NULL: nothing.
ALTER TABLE shows ADD COLUMN tariff jsonb;
