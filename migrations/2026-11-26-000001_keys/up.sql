-- Organisers' keys. Nodes of the version before know `organiser_keys` alone, and whatever stands in there may do everything and
-- never ends. So it has, besides, those keys of which that is true; what is in there alone is taken over.
-- role: see domain/key.rs. A node gives nothing to a role that it doesn't know.
CREATE TABLE keys (
    key_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    key_digest bytea NOT NULL UNIQUE CHECK (octet_length(key_digest) = 32),
    name text NOT NULL,
    role text NOT NULL,
    -- The key that nodes are started with, or was. Not any more if somebody has revoked it: then no start brings it back.
    is_from_settings boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz,
    revoked_at timestamptz,
    -- About: written once a minute at most.
    last_used_at timestamptz
) WITH (fillfactor = 70);

-- What was asked for with organisers' keys, and what was done to the keys themselves. Numbers are given in the order of commits.
CREATE TABLE audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- NULL where no key was needed: at the command line, and at the start of a node.
    key_id uuid,
    operation text NOT NULL,
    -- The ids of what it was about, as in `show/1024`.
    subject text,
    -- The client's address, `command line` or `settings`.
    came_from text NOT NULL,
    request_id uuid
);
