-- Who waits for places of a show, and who has waited. An entry is named by the offset at which it joined; `place` is the offset at which it
-- got behind all others. Personal data stands here for as long as it waits, and then with the order that it gets.
-- No CHECK: its failure would tell the row in the server's log.
CREATE TABLE waitlist_entries (
    show_id bigint NOT NULL,
    entry bigint NOT NULL,
    place bigint NOT NULL,
    session_id uuid NOT NULL,
    want jsonb NOT NULL,
    -- 1 waiting, 2 offered, 3 left.
    state smallint NOT NULL,
    -- What it was offered.
    order_id bigint,
    buyer_name text,
    buyer_email text,
    buyer_phone text,
    locale text,
    joined_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, entry)
);
CREATE UNIQUE INDEX waitlist_one_each ON waitlist_entries (show_id, session_id) WHERE state = 1;
CREATE INDEX waitlist_in_order ON waitlist_entries (show_id, place) WHERE state = 1;
CREATE INDEX waitlist_offered ON waitlist_entries (show_id, order_id) WHERE state = 2;
CREATE INDEX waitlist_of_email ON waitlist_entries (show_id, lower(buyer_email)) WHERE state = 1 AND buyer_email IS NOT NULL;
