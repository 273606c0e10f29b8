-- A show's visitors are counted by list and category.
CREATE INDEX CONCURRENTLY check_ins_by_list ON check_ins (show_id, list, category, is_inside);
