-- What a show allows where money is concerned.
ALTER TABLE shows
    ADD COLUMN honours_late boolean NOT NULL DEFAULT false,
    ADD COLUMN payment_window_ms bigint NOT NULL DEFAULT 0 CHECK (payment_window_ms >= 0),
    ADD COLUMN returns_until timestamptz;

-- A canceled show never sells again.
ALTER TABLE journal_heads ADD COLUMN is_canceled boolean NOT NULL DEFAULT false;

-- Tickets of an order by number, from 0: one a seat, then one a place of each zone. `seats` and `zones` stay as they were booked.
ALTER TABLE orders ADD COLUMN returned_tickets smallint[] NOT NULL DEFAULT '{}';
-- Set on `returned` alone.
ALTER TABLE journal ADD COLUMN tickets smallint[];

ALTER TABLE payments
    -- The provider's own name for it, once it is known.
    ADD COLUMN reference text,
    -- The page on which the buyer has to do something first.
    ADD COLUMN action_url text,
    ADD COLUMN return_url text,
    -- When it was known that the money was set aside.
    ADD COLUMN authorised_at timestamptz,
    -- What the provider kept of it.
    ADD COLUMN fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0);
UPDATE payments SET authorised_at = changed_at WHERE state IN (2, 3, 7, 8);

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
INSERT INTO refunds
SELECT show_id, payment_id, payment_id, order_id, amount, currency, CASE state WHEN 8 THEN 2 ELSE 1 END, changed_at, changed_at
FROM payments WHERE state IN (7, 8);

-- One row a payment for its authorisation, capture or void, with no refund's id; and one row a refund.
ALTER TABLE outbox
    ADD COLUMN refund_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    -- Part of the key under which the provider does it once: another one after a refusal, which it would only repeat.
    ADD COLUMN key_round int NOT NULL DEFAULT 0,
    -- Given up by the program, for the operator to look at: due at infinity.
    ADD COLUMN dead_at timestamptz,
    DROP CONSTRAINT outbox_pkey,
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (show_id, payment_id, refund_id);
UPDATE outbox SET refund_id = payment_id WHERE action = 4;
CREATE INDEX outbox_dead ON outbox (show_id, payment_id, refund_id) WHERE dead_at IS NOT NULL;

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

CREATE FUNCTION keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is only added to' USING CONSTRAINT = 'ledger_is_append_only';
END
$$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
FOR EACH STATEMENT EXECUTE FUNCTION keep_ledger();

-- Whatever moves a payment or a refund on moves the ledger in the same transaction. An entry that is there stays as it is.
CREATE FUNCTION post_payments() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger (show_id, payment_id, entry, debit, credit, amount, currency, at)
    SELECT p.show_id, p.payment_id, e.entry, e.debit, e.credit, e.amount, p.currency, p.changed_at
    FROM changed p CROSS JOIN LATERAL (
        VALUES ('authorised', 'authorised', 'buyer', p.amount, p.authorised_at IS NOT NULL OR p.state IN (2, 3, 7)),
               ('voided', 'buyer', 'authorised', p.amount, p.state = 5 AND EXISTS (
                   SELECT 1 FROM ledger l WHERE l.show_id = p.show_id AND l.payment_id = p.payment_id AND l.entry = 'authorised')),
               ('captured', 'provider', 'authorised', p.amount, p.state IN (3, 7)),
               ('fee', 'fees', 'provider', p.fee, p.state IN (3, 7) AND p.fee > 0)
    ) AS e (entry, debit, credit, amount, is_due)
    WHERE e.is_due
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER post_new_payments AFTER INSERT ON payments REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_payments();
CREATE TRIGGER post_changed_payments AFTER UPDATE ON payments REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_payments();

CREATE FUNCTION post_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger (show_id, payment_id, entry, refund_id, debit, credit, amount, currency, at)
    SELECT r.show_id, r.payment_id, 'refunded', r.refund_id, 'buyer', 'provider', r.amount, r.currency, r.changed_at
    FROM changed r WHERE r.state = 2
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER post_changed_refunds AFTER UPDATE ON refunds REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION post_refunds();

-- The version before knows refunds of whole payments alone, and has no row for them.
CREATE FUNCTION add_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.refund_id := NEW.payment_id;
    INSERT INTO refunds (show_id, refund_id, payment_id, order_id, amount, currency, state, created_at, changed_at)
    SELECT p.show_id, NEW.refund_id, p.payment_id, p.order_id, p.amount, p.currency, 1, clock_timestamp(), clock_timestamp()
    FROM payments p WHERE p.show_id = NEW.show_id AND p.payment_id = NEW.payment_id
    ON CONFLICT DO NOTHING;
    RETURN NEW;
END
$$;
CREATE TRIGGER add_refund BEFORE INSERT ON outbox FOR EACH ROW
WHEN (NEW.action = 4 AND NEW.refund_id = '00000000-0000-0000-0000-000000000000') EXECUTE FUNCTION add_refund();
CREATE FUNCTION end_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE refunds SET state = 2, changed_at = NEW.changed_at
    WHERE show_id = NEW.show_id AND payment_id = NEW.payment_id AND refund_id = NEW.payment_id AND state = 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER end_refund AFTER UPDATE ON payments FOR EACH ROW
WHEN (NEW.state = 8 AND OLD.state = 7) EXECUTE FUNCTION end_refund();

-- Payments of before.
UPDATE payments SET state = state WHERE state IN (2, 3, 7);
INSERT INTO ledger (show_id, payment_id, entry, debit, credit, amount, currency, at)
SELECT show_id, payment_id, e.entry, e.debit, e.credit, amount, currency, changed_at
FROM payments CROSS JOIN (VALUES ('authorised', 'authorised', 'buyer'), ('captured', 'provider', 'authorised')) AS e (entry, debit, credit)
WHERE state = 8;
UPDATE refunds SET state = state WHERE state = 2;
