DROP INDEX orders_by_offset;
