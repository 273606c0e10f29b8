DROP INDEX orders_of_session;
