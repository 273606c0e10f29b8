DROP INDEX waitlist_of_session;
