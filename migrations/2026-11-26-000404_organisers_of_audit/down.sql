ALTER TABLE audit DROP COLUMN organiser_id;
