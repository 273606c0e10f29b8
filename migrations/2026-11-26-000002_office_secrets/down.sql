ALTER TABLE nodes DROP COLUMN knows_versions;
DROP TABLE office_secrets;
