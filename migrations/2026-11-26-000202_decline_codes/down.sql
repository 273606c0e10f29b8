ALTER TABLE payments DROP COLUMN decline_code;
