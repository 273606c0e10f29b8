SELECT p.payment_id FROM unnest(:show, :payment) AS t (show_id, payment_id)
JOIN payments p ON p.show_id = t.show_id AND p.payment_id = t.payment_id
FOR UPDATE OF p SKIP LOCKED
