-- For what a session is to know when it opens its inbox.
CREATE INDEX CONCURRENTLY waitlist_of_session ON waitlist_entries (session_id) WHERE state = 1;
