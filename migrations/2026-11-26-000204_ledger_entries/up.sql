ALTER TABLE ledger VALIDATE CONSTRAINT ledger_entry_check;
