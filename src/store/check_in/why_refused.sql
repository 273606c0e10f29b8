-- Apart from the try itself: that may have waited for the one that used the ticket, and could not see what it did.
SELECT o.state, :ticket = ANY (o.returned_tickets), h.is_canceled,
    clock_timestamp() >= coalesce(s.ends_at, greatest(s.starts_at + make_interval(secs => :usual_seconds), s.closes_at)), c.at,
    EXISTS (SELECT FROM disputes d WHERE d.show_id = o.show_id AND d.payment_id = o.payment_id AND d.state <> 2),
    cardinality(array_positions(coalesce(o.transferred_tickets, '{}'), :ticket)) > :transfers
FROM orders o JOIN journal_heads h ON h.show_id = o.show_id JOIN shows s ON s.show_id = o.show_id
LEFT JOIN check_ins c ON c.show_id = o.show_id AND c.order_id = o.order_id AND c.ticket = :ticket
WHERE o.show_id = :show AND o.order_id = :order
