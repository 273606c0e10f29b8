SELECT show_id, payment_id, order_id, provider, payment_method, amount, currency, state, reason, decline_code, reference, action_url, return_url,
       authorised_at IS NOT NULL
FROM payments WHERE show_id = :show AND payment_id = :payment
