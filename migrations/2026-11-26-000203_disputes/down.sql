DROP TABLE disputes;
ALTER TABLE ledger DROP CONSTRAINT ledger_entry_check;
ALTER TABLE ledger ADD CONSTRAINT ledger_entry_check CHECK (entry IN ('authorised', 'voided', 'captured', 'fee', 'refunded'));
