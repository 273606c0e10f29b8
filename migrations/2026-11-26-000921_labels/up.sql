-- Blocked places that are kept for somebody: a row a seat, and one a zone and label. Others have none.
CREATE TABLE labeled_places (
    show_id bigint NOT NULL,
    label text NOT NULL,
    -- A seat, and -1; or -1, and a zone.
    seat int NOT NULL,
    zone smallint NOT NULL,
    places int NOT NULL CHECK (places > 0),
    PRIMARY KEY (show_id, label, zone, seat),
    CHECK ((seat = -1) <> (zone = -1))
);
