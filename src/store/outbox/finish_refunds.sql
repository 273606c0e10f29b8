-- Under the payments' locks.
WITH told AS (
    SELECT * FROM unnest(:show, :payment, :refund) AS t (show_id, payment_id, refund_id)
),
done AS (
    UPDATE refunds r SET state = 2, changed_at = clock_timestamp() FROM told t
    WHERE r.show_id = t.show_id AND r.refund_id = t.refund_id AND r.state = 1
    RETURNING r.show_id, r.payment_id, r.refund_id
),
ended AS (
    UPDATE payments p SET state = 8, changed_at = clock_timestamp()
    FROM (SELECT DISTINCT d.show_id, d.payment_id FROM done d) e
    WHERE p.show_id = e.show_id AND p.payment_id = e.payment_id AND p.state = 7
      AND NOT EXISTS (
          SELECT 1 FROM refunds r
          WHERE r.show_id = p.show_id AND r.payment_id = p.payment_id AND r.state = 1
            AND r.refund_id NOT IN (SELECT d.refund_id FROM done d)
      )
)
DELETE FROM outbox b USING done d
WHERE b.show_id = d.show_id AND b.payment_id = d.payment_id AND b.refund_id = d.refund_id
