ALTER TABLE nodes DROP COLUMN knows_organisers;
ALTER TABLE keys DROP COLUMN organiser_id, DROP COLUMN prefix, DROP COLUMN is_operators_setting;
DROP TABLE organisers;
