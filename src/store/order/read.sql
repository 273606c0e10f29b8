SELECT o.session_id, CASE WHEN o.state = 1 AND o.kept_until <= clock_timestamp() THEN 4::smallint ELSE o.state END,
       o.created_at, o.expires_at, o.total, o.payment_id, o.booked_offset, h.journal_offset, o.seats, o.zones,
       ARRAY(SELECT c.ticket FROM check_ins c WHERE c.show_id = o.show_id AND c.order_id = o.order_id)
FROM orders o JOIN journal_heads h ON h.show_id = o.show_id
WHERE o.show_id = :show AND o.order_id = :order
