DELETE FROM idempotency
WHERE show_id = :show AND scope = :scope AND key = :key AND NOT is_final AND decision = :decision
