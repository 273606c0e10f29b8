SELECT k.position, o.session_id, o.state, o.created_at, o.expires_at, o.total, o.payment_id, o.paid_offset, o.booked_offset,
       o.journal_offset, o.seats, o.zones,
       ARRAY(SELECT c.ticket FROM check_ins c WHERE c.show_id = k.show_id AND c.order_id = k.order_id),
       o.returned_tickets, o.kept_until, o.prices, o.bill::text, o.revision, o.exchange_of, o.exchange_tickets,
       o.exchange_credit, o.exchanged_for, coalesce(o.transferred_tickets, '{}'),
       (SELECT d.attendees FROM order_details d WHERE d.show_id = k.show_id AND d.order_id = k.order_id)
FROM unnest(:shows, :orders) WITH ORDINALITY AS k (show_id, order_id, position)
-- OFFSET 0 keeps the planner from reading all orders and comparing them with each that is asked for.
CROSS JOIN LATERAL (
    SELECT a.session_id,
           CASE WHEN a.state = 1 AND a.kept_until <= clock_timestamp() THEN 4::smallint ELSE a.state END AS state,
           a.created_at, a.expires_at, a.total, a.payment_id, a.paid_offset, a.booked_offset, h.journal_offset, a.seats, a.zones,
           a.returned_tickets, a.kept_until, a.prices, a.bill, h.revision, a.exchange_of, a.exchange_tickets,
           a.exchange_credit, a.exchanged_for, a.transferred_tickets
    FROM orders a JOIN journal_heads h ON h.show_id = a.show_id
    WHERE a.show_id = k.show_id AND a.order_id = k.order_id
    OFFSET 0
) o
