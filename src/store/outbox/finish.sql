-- Payments before the outbox, as in a batch; a row that a batch has just now is left out, so that nobody waits in a
-- circle: it comes due again, for whatever that batch makes of it.
WITH done AS (
    SELECT p.show_id, p.payment_id, d.action, d.to_state, d.fee
    FROM unnest(:show, :payment, :action, :from_state, :to_state, :fee) AS d (show_id, payment_id, action, from_state, to_state, fee)
    JOIN payments p ON p.show_id = d.show_id AND p.payment_id = d.payment_id AND p.state = d.from_state
    FOR UPDATE OF p SKIP LOCKED
),
changed AS (
    UPDATE payments p SET state = d.to_state, fee = d.fee, changed_at = clock_timestamp() FROM done d
    WHERE p.show_id = d.show_id AND p.payment_id = d.payment_id
    RETURNING p.show_id, p.payment_id, d.action
)
DELETE FROM outbox b USING changed c
WHERE b.show_id = c.show_id AND b.payment_id = c.payment_id AND b.refund_id = '00000000-0000-0000-0000-000000000000'
  AND b.action = c.action
