-- Places that a buyer has picked to show to others. Never changed; one that is deleted keeps its name, so that it is told as gone.
CREATE TABLE selections (
    show_id bigint NOT NULL,
    selection text NOT NULL,
    session_id uuid NOT NULL,
    seats int[] NOT NULL,
    -- zone, count, zone, count …
    zones int[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deleted_at timestamptz,
    PRIMARY KEY (show_id, selection)
);
CREATE INDEX selections_of_session ON selections (session_id, created_at, show_id, selection);
CREATE INDEX selections_created ON selections (created_at);
