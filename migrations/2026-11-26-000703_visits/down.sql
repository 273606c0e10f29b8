ALTER TABLE check_ins DROP COLUMN category, DROP COLUMN list, DROP COLUMN is_inside, DROP COLUMN is_given_back;
