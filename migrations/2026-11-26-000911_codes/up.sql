-- Words that buyers enter for a discount. How often each is used is told by the orders that name it.
CREATE TABLE codes (
    show_id bigint NOT NULL,
    -- In capital letters.
    word text NOT NULL,
    code_id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    -- What it is good for (domain/code.rs); never changed.
    terms jsonb NOT NULL,
    -- NULL: any number.
    uses_max int CHECK (uses_max > 0),
    valid_from timestamptz,
    valid_until timestamptz CHECK (valid_until > valid_from),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Its word is never another code's.
    ended_at timestamptz,
    PRIMARY KEY (show_id, word),
    UNIQUE (show_id, code_id)
);
