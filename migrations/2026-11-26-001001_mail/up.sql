-- Mail to buyers. Written only while nodes have a mail server; nobody's address is in here.

-- The office's share of the mail server, one row. There is none until mail is turned on for the first time.
CREATE TABLE mailing (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    -- When a node with a mail server was up for the last time, about.
    seen_at timestamptz NOT NULL,
    -- Up to when the mails are used up that may be sent.
    paced_at timestamptz NOT NULL
);

-- How far each show's journal was looked at for what buyers are to be told.
CREATE TABLE mail_cursors (
    show_id bigint PRIMARY KEY,
    journal_offset bigint NOT NULL CHECK (journal_offset >= 0)
);

-- What buyers are to be told, or were: at most once for each cause.
CREATE TABLE mails (
    show_id bigint NOT NULL,
    -- -1: all paid orders of the show, of which each gets a row of its own.
    order_id bigint NOT NULL,
    -- 1 paid, 2 refunded, 3 changed, 4 canceled
    kind smallint NOT NULL,
    -- Its cause.
    journal_offset bigint NOT NULL,
    -- When that happened.
    caused_at timestamptz NOT NULL,
    -- 1 waiting, 2 sent, 3 refused for good, 4 given up, 5 not wanted any more
    state smallint NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 5),
    -- When it is tried, the lease's end while a node is at it; NULL once it has ended.
    due_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- What the mail server said last, if it said anything.
    status smallint,
    ended_at timestamptz,
    PRIMARY KEY (show_id, order_id, kind, journal_offset)
);
CREATE INDEX mails_due ON mails (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mails_by_age ON mails (ended_at) WHERE ended_at IS NOT NULL;

-- As whom an organiser writes, where it has said so.
CREATE TABLE mail_senders (
    organiser_id uuid PRIMARY KEY,
    -- NULL: as the settings say.
    name text,
    reply_to text,
    -- For buyers of whom it isn't known.
    language text
);

-- An organiser's own words, in the place of the office's.
CREATE TABLE mail_templates (
    organiser_id uuid NOT NULL,
    kind smallint NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    body_text text NOT NULL,
    -- NULL: made from the text.
    body_html text,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (organiser_id, kind, language)
);
