UPDATE idempotency SET decision = :decision, is_refusal = :is_refusal WHERE show_id = 0 AND scope = :scope AND key = :key
