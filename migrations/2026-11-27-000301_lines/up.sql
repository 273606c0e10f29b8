-- The line of a show that has one: a row, however many wait. Their places are signed tokens, which nobody keeps.
CREATE TABLE lines (
    show_id bigint PRIMARY KEY,
    -- With the office's secret it makes the key of the draw, which is told after the opening, and that of the places.
    salt bytea NOT NULL,
    -- The hash of the key of the draw, told from the beginning.
    commitment bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- How many drew, as a sketch; until the opening, when it becomes `drawn`.
    sketch bytea,
    drawn bigint,
    opened_at timestamptz,
    -- The last number that was leased to a node, or drawn.
    last_number bigint NOT NULL DEFAULT 0,
    -- Numbers up to this one are admitted.
    admitted bigint NOT NULL DEFAULT 0,
    -- What the pace goes by, and who was admitted when.
    pace jsonb NOT NULL DEFAULT '{}',
    history jsonb NOT NULL DEFAULT '{"over": 0, "steps": []}',
    -- Which node paced it last, when, and up to where it has read the journal. It goes on unless it is silent.
    paced_by uuid,
    paced_at timestamptz,
    paced_offset bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 40);
