ALTER TABLE shows DROP COLUMN places_per_email_max;
