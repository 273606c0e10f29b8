-- A refund moves the ledger when it is done: those that were made at the provider are.
UPDATE refunds SET state = 2, changed_at = clock_timestamp()
WHERE show_id = :show AND payment_id = :payment AND reference IS NOT NULL AND state = 1
