-- Money that was taken though its payment was to be released, or was thought to be refused: it becomes a refund.
WITH taken AS (
    UPDATE payments p SET state = 7, changed_at = clock_timestamp(), fee = :fee, reference = :reference,
        authorised_at = coalesce(p.authorised_at, clock_timestamp())
    WHERE p.show_id = :show AND p.payment_id = :payment
      AND (p.state IN (4, 6) OR p.state = 5 AND p.authorised_at IS NULL)
    RETURNING p.*
),
refund AS (
    INSERT INTO refunds (show_id, refund_id, payment_id, order_id, amount, currency, state, created_at, changed_at)
    SELECT t.show_id, :refund, t.payment_id, t.order_id, t.amount, t.currency, 1, t.changed_at, t.changed_at FROM taken t
),
told AS (
    DELETE FROM outbox b USING taken t
    WHERE b.show_id = t.show_id AND b.payment_id = t.payment_id AND b.refund_id = '00000000-0000-0000-0000-000000000000'
)
INSERT INTO outbox (show_id, payment_id, refund_id, action, due_at, provider)
SELECT t.show_id, t.payment_id, :refund, 4, t.changed_at, t.provider FROM taken t
