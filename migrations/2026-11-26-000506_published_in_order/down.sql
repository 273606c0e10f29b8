DROP INDEX IF EXISTS shows_published_in_order;
