DROP INDEX check_ins_by_list;
