-- What each session is told, in order. An inbox begins to be when its session reads it for the first time: for all others nothing is
-- written. No personal data in any of it.
CREATE TABLE inboxes (
    session_id uuid PRIMARY KEY,
    -- The number of its last notice; notices are numbered from 1.
    last_number bigint NOT NULL DEFAULT 0,
    -- The number of the first notice that is kept.
    first_kept bigint NOT NULL DEFAULT 1,
    -- Up to which notice the session says that it has them.
    acknowledged bigint NOT NULL DEFAULT 0,
    opened_at timestamptz NOT NULL,
    -- When it was read for the last time, to the day.
    seen_at timestamptz NOT NULL,
    -- Whether it has what was so when it was opened.
    is_filled boolean NOT NULL DEFAULT false
) WITH (fillfactor = 70);
CREATE INDEX inboxes_by_age ON inboxes (seen_at);

CREATE TABLE inbox_notices (
    session_id uuid NOT NULL REFERENCES inboxes ON DELETE CASCADE,
    number bigint NOT NULL,
    -- 1 offer, 2 position, 3 hold_ending, 4 payment, 5 refund, 6 show_changed, 7 show_canceled
    kind smallint NOT NULL,
    show_id bigint NOT NULL,
    -- What it is about, by which it is known whether it was told: an order, an entry, or 0 for the show.
    about bigint NOT NULL,
    -- What of that: a journal's offset, a revision, a milestone, when a payment began; 0 for what happens once.
    cause bigint NOT NULL,
    at timestamptz NOT NULL,
    order_id bigint,
    entry bigint,
    expires_at timestamptz,
    position integer,
    -- 1 succeeded, 2 declined, 3 canceled; of payments alone.
    payment_state smallint,
    amount bigint,
    currency text,
    revision integer,
    PRIMARY KEY (session_id, number)
);
CREATE UNIQUE INDEX inbox_notices_once ON inbox_notices (session_id, kind, show_id, about, cause);
CREATE INDEX inbox_notices_by_age ON inbox_notices (at);

-- Up to where each journal was read for inboxes.
CREATE TABLE inbox_cursors (
    show_id bigint PRIMARY KEY,
    journal_offset bigint NOT NULL,
    -- Whether its cancellation is being told.
    is_canceled boolean NOT NULL DEFAULT false
);

-- What is to be told to all who have orders of a show, or wait for it, and how far that has come.
CREATE TABLE inbox_fanouts (
    show_id bigint NOT NULL,
    kind smallint NOT NULL,
    -- The revision; 0 where there is none.
    cause bigint NOT NULL,
    at timestamptz NOT NULL,
    -- 1 orders, 2 entries of the waitlist
    stage smallint NOT NULL DEFAULT 1,
    -- The last one that was told.
    after bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (show_id, kind, cause)
);

-- Held orders of sessions that have an inbox. They refer to no inbox, here and below: whoever writes them locks the inbox's row later, and
-- a reference would have locked it a little before that.
CREATE TABLE inbox_watches (
    session_id uuid NOT NULL,
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    look_at timestamptz NOT NULL,
    looked_at timestamptz NOT NULL,
    is_reminded boolean NOT NULL DEFAULT false,
    PRIMARY KEY (session_id, show_id, order_id)
);
CREATE INDEX inbox_watches_due ON inbox_watches (look_at);

-- The least number of those ahead of an entry that its session was told.
CREATE TABLE inbox_milestones (
    session_id uuid NOT NULL,
    show_id bigint NOT NULL,
    entry bigint NOT NULL,
    told integer NOT NULL,
    PRIMARY KEY (session_id, show_id, entry)
);
