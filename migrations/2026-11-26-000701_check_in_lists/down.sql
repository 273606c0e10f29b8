DROP TABLE check_in_lists;
