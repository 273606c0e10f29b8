DROP INDEX payments_ended;
