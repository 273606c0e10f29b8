ALTER TABLE plans DROP COLUMN organiser_id;
