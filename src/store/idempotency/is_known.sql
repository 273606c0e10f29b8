SELECT true FROM idempotency WHERE show_id = :show AND scope = :scope AND key = :key
