INSERT INTO seen_payments (payment_id) SELECT unnest(:payments) ON CONFLICT DO NOTHING
