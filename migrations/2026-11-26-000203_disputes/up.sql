-- Payments that the buyer's bank has called back. state: 1 open, 2 won by the organiser, 3 lost
CREATE TABLE disputes (
    show_id bigint NOT NULL,
    payment_id uuid NOT NULL,
    dispute_id uuid NOT NULL,
    -- The provider's own name for it.
    reference text NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0),
    currency text NOT NULL,
    state smallint NOT NULL CHECK (state BETWEEN 1 AND 3),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, payment_id, dispute_id)
);

-- Two more entries, whose `refund_id` is the dispute's id.
ALTER TABLE ledger DROP CONSTRAINT ledger_entry_check;
ALTER TABLE ledger ADD CONSTRAINT ledger_entry_check
    CHECK (entry IN ('authorised', 'voided', 'captured', 'fee', 'refunded', 'disputed', 'reinstated')) NOT VALID;
