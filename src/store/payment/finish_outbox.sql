WITH done AS (
    SELECT * FROM unnest(:show, :payment, :action, :to_state) AS d (show_id, payment_id, action, to_state)
),
finished AS (
    DELETE FROM outbox b USING done d
    WHERE b.show_id = d.show_id AND b.payment_id = d.payment_id AND b.action = d.action
    RETURNING b.show_id, b.payment_id, d.to_state
)
UPDATE payments p SET state = f.to_state, changed_at = clock_timestamp() FROM finished f
WHERE p.show_id = f.show_id AND p.payment_id = f.payment_id
