DELETE FROM idempotency WHERE show_id = 0 AND scope = :scope AND key = :key
