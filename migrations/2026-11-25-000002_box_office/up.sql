-- Every table of a show is keyed by show_id first: the natural shard and, on Citus, the distribution column.
-- There are no foreign keys on the hot tables: only the turnstile writes them, with counted conditional updates under
-- the show's row lock, and `boxoffice check` proves that they agree.

-- One row: what every node of this database has to agree on.
CREATE TABLE office (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    next_show bigint NOT NULL DEFAULT 1,
    -- References have room for 2^40 numbers.
    next_order_number bigint NOT NULL DEFAULT 1024 CHECK (next_order_number <= 1099511627776)
);

-- Nodes that are up say so every few seconds.
CREATE TABLE nodes (
    node_id uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 50);

CREATE TABLE organiser_keys (
    key_digest bytea PRIMARY KEY CHECK (octet_length(key_digest) = 32),
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE plans (
    plan_id uuid PRIMARY KEY,
    name text NOT NULL,
    seats int NOT NULL,
    zones int NOT NULL,
    document text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- The fixed terms of a show.
CREATE TABLE shows (
    show_id bigint PRIMARY KEY,
    plan_id uuid NOT NULL REFERENCES plans,
    title text NOT NULL,
    starts_at timestamptz NOT NULL,
    currency text NOT NULL,
    prices bigint[] NOT NULL,
    hold_ms bigint NOT NULL CHECK (hold_ms > 0),
    hold_grace_ms bigint NOT NULL CHECK (hold_grace_ms >= 0),
    order_places_max int NOT NULL CHECK (order_places_max > 0),
    session_places_max int NOT NULL CHECK (session_places_max > 0),
    on_sale_at timestamptz,
    closes_at timestamptz,
    buyers_may_return boolean NOT NULL,
    returns_until timestamptz,
    honours_late boolean NOT NULL DEFAULT false,
    payment_window_ms bigint NOT NULL DEFAULT 0 CHECK (payment_window_ms >= 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What a batch locks and moves on: the head of a show's journal. Apart from `shows`, so that each batch rewrites few bytes.
CREATE TABLE journal_heads (
    show_id bigint PRIMARY KEY,
    journal_offset bigint NOT NULL DEFAULT 0,
    is_open boolean NOT NULL DEFAULT false,
    -- A canceled show never sells again.
    is_canceled boolean NOT NULL DEFAULT false
) WITH (fillfactor = 20);

-- state: 0 free, 1 held, 2 sold, 3 blocked
CREATE TABLE seats (
    show_id bigint NOT NULL,
    seat int NOT NULL,
    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
    order_id bigint,
    PRIMARY KEY (show_id, seat),
    CHECK ((state IN (1, 2)) = (order_id IS NOT NULL))
) WITH (fillfactor = 70);

CREATE TABLE zones (
    show_id bigint NOT NULL,
    zone smallint NOT NULL,
    capacity int NOT NULL,
    held int NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold int NOT NULL DEFAULT 0 CHECK (sold >= 0),
    PRIMARY KEY (show_id, zone),
    CHECK (held + sold <= capacity)
) WITH (fillfactor = 50);

-- Order numbers are leased in ranges, each of one show, so a number alone tells its show.
CREATE TABLE order_ranges (
    first_number bigint PRIMARY KEY,
    numbers bigint NOT NULL CHECK (numbers > 0),
    show_id bigint NOT NULL
);

-- An order of seats alone is paid, lapses and ends without a write to any index (heap-only): no index has a column that
-- changes. Its page has room for the row as it is booked and as it ends. Live orders are found by their seats.

-- state: 1 held, 2 paid, 3 canceled, 4 timed_out, 5 refunded
CREATE TABLE orders (
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    session_id uuid NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 5),
    has_live_zones boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2) AND zones <> '{}') STORED,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    kept_until timestamptz NOT NULL,
    -- When it was paid, given up, lapsed or given back.
    settled_at timestamptz,
    total bigint NOT NULL CHECK (total >= 0),
    payment_id uuid,
    -- The offset of the event that says so: the answer to its payment names it, whenever it is asked for.
    paid_offset bigint,
    booked_offset bigint NOT NULL,
    seats int[] NOT NULL,
    -- zone, count, zone, count …
    zones int[] NOT NULL,
    -- Tickets by number, from 0: one a seat, then one a place of each zone. `seats` and `zones` stay as they were booked.
    returned_tickets smallint[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (show_id, order_id)
) WITH (fillfactor = 50);

-- A node that takes a show up reads its live orders alone, however many have ended: by their seats, and those with places
-- in zones by this.
CREATE INDEX orders_live_zones ON orders (show_id, order_id) WHERE has_live_zones;

-- kind: see domain/event.rs
CREATE TABLE journal (
    show_id bigint NOT NULL,
    journal_offset bigint NOT NULL CHECK (journal_offset > 0),
    at timestamptz NOT NULL,
    kind smallint NOT NULL,
    order_id bigint,
    seats int[] NOT NULL,
    zones int[] NOT NULL,
    -- Set on `returned` alone.
    tickets smallint[],
    PRIMARY KEY (show_id, journal_offset)
);

CREATE TABLE snapshots (
    show_id bigint NOT NULL,
    journal_offset bigint NOT NULL,
    at timestamptz NOT NULL,
    is_open boolean NOT NULL,
    -- one byte a seat
    seats bytea NOT NULL,
    -- held, sold, held, sold …
    zones int[] NOT NULL,
    PRIMARY KEY (show_id, journal_offset)
);
CREATE INDEX snapshots_at ON snapshots (at);

-- show_id 0: commands that touch no show yet. decision: what the command became, as JSON.
CREATE TABLE idempotency (
    show_id bigint NOT NULL,
    scope uuid NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    decision text NOT NULL,
    -- A payment's begin is answered again, by its end.
    is_final boolean NOT NULL,
    -- Nothing changed: forgotten after minutes, as whoever is refused may ask very often.
    is_refusal boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, scope, key)
) WITH (fillfactor = 90);
CREATE INDEX idempotency_refusals ON idempotency (created_at) WHERE is_refusal;

-- A payment on its way to its money stays live: with its state out of every index, such an update writes no index, and
-- the planner can't mistake a partial index for an index on one state.

-- state: 1 authorising, 2 confirmed, 3 captured, 4 voiding, 5 voided, 6 rejected, 7 refunding, 8 refunded
CREATE TABLE payments (
    show_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    order_id bigint NOT NULL,
    provider text NOT NULL,
    payment_method text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 8),
    is_live boolean NOT NULL GENERATED ALWAYS AS (state IN (1, 2, 3)) STORED,
    reason text,
    -- The provider's own name for it, once it is known.
    reference text,
    -- The page on which the buyer has to do something first.
    action_url text,
    return_url text,
    -- When it was known that the money was set aside.
    authorised_at timestamptz,
    -- What the provider kept of it.
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    -- The idempotency key that it was begun under: whoever ends the payment gives the final answer to it.
    key_scope uuid,
    key text,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, payment_id)
) WITH (fillfactor = 80);

-- At most one payment of an order may be under way or have its money.
CREATE UNIQUE INDEX payments_one_live ON payments (show_id, order_id) WHERE is_live;

-- Notices name payments so. What is authorised without being asked has no such name, and no place in here.
CREATE INDEX payments_reference ON payments (provider, reference) WHERE reference IS NOT NULL;

-- Money that goes back. state: 1 due, 2 done
CREATE TABLE refunds (
    show_id bigint NOT NULL,
    refund_id uuid NOT NULL,
    payment_id uuid NOT NULL,
    order_id bigint NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    state smallint NOT NULL CHECK (state IN (1, 2)),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, refund_id)
);
CREATE INDEX refunds_payment ON refunds (show_id, payment_id);

-- What is still to be said to a provider: one row a payment for its authorisation, capture or void, with no refund's id; and
-- one row a refund.
-- action: 1 resolve (nobody may be driving the payment any more), 2 capture, 3 void, 4 refund
CREATE TABLE outbox (
    show_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    -- Tasks are taken by provider: those of one that is left alone cost nothing.
    provider text NOT NULL,
    action smallint NOT NULL CHECK (action BETWEEN 1 AND 4),
    attempts int NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL,
    last_error text,
    refund_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- Part of the key under which the provider does it once: another one after a refusal, which it would only repeat.
    key_round int NOT NULL DEFAULT 0,
    -- Given up by the program, for the operator to look at: due at infinity.
    dead_at timestamptz,
    PRIMARY KEY (show_id, payment_id, refund_id)
) WITH (fillfactor = 70);

CREATE INDEX outbox_of_provider ON outbox (provider, action, due_at);
CREATE INDEX outbox_dead ON outbox (show_id, payment_id, refund_id) WHERE dead_at IS NOT NULL;

CREATE TABLE check_ins (
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    ticket smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (show_id, order_id, ticket)
);

-- Notices of providers that have been taken in.
CREATE TABLE notices (
    provider text NOT NULL,
    event text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (provider, event)
);
CREATE INDEX notices_received ON notices (received_at);

-- Shows that are canceled: whoever works on one has it until `due_at`.
CREATE TABLE cancellations (
    show_id bigint PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    finished_at timestamptz
);

-- Double entry: each row takes an amount from the `credit` account and brings it to the `debit` account.
--   buyer       money that is the buyer's
--   authorised  set aside by the provider
--   provider    taken by the provider, for the office
--   fees        what providers keep
-- A payment has each entry once, a refund one of its own. Nothing is ever changed here.
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
