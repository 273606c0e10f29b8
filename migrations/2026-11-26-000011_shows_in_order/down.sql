DROP INDEX IF EXISTS shows_in_order;
