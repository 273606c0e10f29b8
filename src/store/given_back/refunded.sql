SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds r WHERE r.show_id = :show AND r.payment_id = :payment
