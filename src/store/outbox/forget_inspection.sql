-- A payment that had ended before it was looked at, and is as it should be. One that a notice has made due meanwhile is looked at
-- once more: the notice may tell of something newer.
DELETE FROM outbox b USING payments p
WHERE b.show_id = :show AND b.payment_id = :payment AND b.refund_id = '00000000-0000-0000-0000-000000000000' AND b.action = 1
  AND b.due_at > clock_timestamp()
  AND p.show_id = b.show_id AND p.payment_id = b.payment_id AND p.state <> 1
