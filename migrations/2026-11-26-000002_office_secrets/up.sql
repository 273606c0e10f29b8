-- The versions of the office's secret. Version 1 itself stays in `office.secret`, where nodes of the version before read it; its
-- row here may be missing. The newest version signs tokens.
CREATE TABLE office_secrets (
    version smallint PRIMARY KEY CHECK (version BETWEEN 1 AND 255),
    -- Where `check_value` of version 1 is set, a salt: the secret is made of it and of what the nodes are started with. The same
    -- is true of `office.secret` then.
    secret bytea CHECK (octet_length(secret) = 32),
    check_value bytea CHECK (octet_length(check_value) = 32),
    -- NULL if nobody knows.
    created_at timestamptz DEFAULT clock_timestamp(),
    -- When tokens of this version end, whatever else they say. NULL for the newest.
    accepted_until timestamptz,
    CHECK ((version = 1) = (secret IS NULL)),
    CHECK (version = 1 OR check_value IS NULL)
);

-- Nodes of the version before don't set it. While any is up, the first version signs, and nobody gets a token that it can't read.
ALTER TABLE nodes ADD COLUMN knows_versions boolean NOT NULL DEFAULT false;
