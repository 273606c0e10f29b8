-- Whom a gate admits. Numbers of lists are never given twice: scans name them.
CREATE TABLE check_in_lists (
    show_id bigint NOT NULL,
    list smallint NOT NULL CHECK (list > 0),
    name text NOT NULL,
    -- By their numbers in the plan. NULL: all of them.
    categories smallint[],
    -- Seats in these sections and places in those zones. NULL of both: all of them.
    sections smallint[],
    zones smallint[],
    admits_from timestamptz,
    admits_until timestamptz,
    allows_reentry boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- What was scanned before, and is reported late, is still judged by it.
    deleted_at timestamptz,
    PRIMARY KEY (show_id, list)
);
