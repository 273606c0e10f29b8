ALTER TABLE shows DROP COLUMN organiser_id;
