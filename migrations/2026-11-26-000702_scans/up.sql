-- What all doors of a show share: the number of its last scan. Whoever takes scans in has its lock.
CREATE TABLE doors (
    show_id bigint PRIMARY KEY,
    scans bigint NOT NULL
) WITH (fillfactor = 50);

-- What was scanned, each once for ever. What has become of a ticket is worked out from those of it in the order in which they were
-- made (domain/door.rs), and stands in check_ins.
CREATE TABLE scans (
    show_id bigint NOT NULL,
    scan bigint NOT NULL,
    -- NULL: of no ticket of this show.
    order_id bigint,
    ticket smallint,
    -- NULL: the list that admits all.
    list smallint,
    -- NULL of the three: told by /v1/tickets/{code}/check-in.
    device text,
    nonce text,
    digest bytea CHECK (octet_length(digest) = 32),
    -- 1 entry, 2 exit
    direction smallint NOT NULL CHECK (direction IN (1, 2)),
    made_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    -- The device let somebody through, or thought so, before the office heard of it.
    is_late boolean NOT NULL,
    allows_reentry boolean NOT NULL,
    -- Reasons, see domain/door.rs. What was wrong with it in itself; what came after it; what is wrong with it now.
    fault smallint,
    came_after smallint,
    conflict smallint,
    -- Whether it counts now.
    stands boolean NOT NULL,
    -- What was answered: 1 admitted, 2 left, 3 refused, 4 conflict; and why.
    result smallint NOT NULL CHECK (result BETWEEN 1 AND 4),
    reason smallint,
    undone_at timestamptz,
    PRIMARY KEY (show_id, scan),
    UNIQUE (show_id, device, nonce),
    UNIQUE (show_id, order_id, ticket, scan),
    CHECK ((order_id IS NULL) = (ticket IS NULL)),
    CHECK (NOT stands OR result <> 3 AND order_id IS NOT NULL AND undone_at IS NULL)
) WITH (fillfactor = 80);
