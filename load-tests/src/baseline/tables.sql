-- What a hold and a payment write, as the office's own tables have it: the same columns, indexes and fill factors.
CREATE TABLE journal_heads (
    show_id bigint PRIMARY KEY,
    journal_offset bigint NOT NULL DEFAULT 0,
    is_open boolean NOT NULL DEFAULT true
) WITH (fillfactor = 20);

CREATE TABLE seats (
    show_id bigint NOT NULL,
    seat int NOT NULL,
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    order_id bigint,
    PRIMARY KEY (show_id, seat),
    CHECK ((state IN (1, 2)) = (order_id IS NOT NULL))
) WITH (fillfactor = 70);

CREATE TABLE orders (
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    session_id uuid NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    ended_at timestamptz,
    total bigint NOT NULL CHECK (total >= 0),
    payment_id uuid,
    booked_offset bigint NOT NULL,
    seats int[] NOT NULL,
    zones int[] NOT NULL,
    has_live_zones boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2) AND zones <> '{}') STORED,
    PRIMARY KEY (show_id, order_id)
) WITH (fillfactor = 50);

CREATE INDEX orders_live_zones ON orders (show_id, order_id) WHERE has_live_zones;

CREATE TABLE journal (
    show_id bigint NOT NULL,
    journal_offset bigint NOT NULL CHECK (journal_offset > 0),
    at timestamptz NOT NULL,
    kind smallint NOT NULL,
    order_id bigint,
    seats int[] NOT NULL,
    zones int[] NOT NULL,
    PRIMARY KEY (show_id, journal_offset)
);

CREATE TABLE idempotency (
    show_id bigint NOT NULL,
    scope uuid NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    decision text NOT NULL,
    is_final boolean NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, scope, key)
) WITH (fillfactor = 90);

CREATE TABLE payments (
    show_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    order_id bigint NOT NULL,
    provider text NOT NULL,
    payment_method text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
    reason text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    is_live boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2, 3)) STORED,
    reference text,
    authorised_at timestamptz,
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    PRIMARY KEY (show_id, payment_id)
) WITH (fillfactor = 80);

CREATE UNIQUE INDEX payments_one_live ON payments (show_id, order_id) WHERE is_live;
CREATE INDEX payments_reference ON payments (provider, reference) WHERE reference IS NOT NULL;

CREATE TABLE ledger (
    show_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    entry text NOT NULL CHECK (entry IN ('authorised', 'voided', 'captured', 'fee', 'refunded')),
    refund_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (show_id, payment_id, entry, refund_id)
);
