-- Where organisers' programs are told of what happens.
CREATE TABLE webhook_endpoints (
    endpoint_id uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    -- The kinds of events that are sent, by their names; none means all.
    event_types text[] NOT NULL,
    is_enabled boolean NOT NULL,
    -- Why the office itself stopped: `gone` or `failing`.
    disabled_reason text,
    disabled_at timestamptz,
    -- The secret is made of it and the office's own.
    salt bytea NOT NULL,
    -- The one before, whose signature is sent too for a while.
    former_salt bytea,
    former_until timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX webhook_endpoints_of_organiser ON webhook_endpoints (organiser_id, created_at, endpoint_id);

-- How far each endpoint has been told of each show.
CREATE TABLE webhook_cursors (
    show_id bigint NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
    -- The last event that it was told of, or that it doesn't want to be told of.
    journal_offset bigint NOT NULL CHECK (journal_offset >= 0),
    -- When to go on: `infinity` once all is told, the lease's end while a node is at it.
    due_at timestamptz NOT NULL,
    -- How often the next event has failed, and since when.
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    failing_since timestamptz,
    PRIMARY KEY (show_id, endpoint_id)
);
CREATE INDEX webhook_cursors_due ON webhook_cursors (endpoint_id, (attempts > 0), due_at);

-- What was sent, a row an attempt.
CREATE TABLE webhook_deliveries (
    endpoint_id uuid NOT NULL,
    delivery_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    message_id text NOT NULL,
    event_type text NOT NULL,
    -- Both are NULL of a test.
    show_id bigint,
    journal_offset bigint,
    attempt integer NOT NULL,
    -- NULL where no answer came.
    status smallint,
    error text,
    latency_ms integer NOT NULL,
    next_attempt_at timestamptz,
    PRIMARY KEY (endpoint_id, delivery_id)
);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (at);
