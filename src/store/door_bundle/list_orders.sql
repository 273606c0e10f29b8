-- Few orders may have a ticket that is wanted: no more than these are looked at for a page.
WITH looked_at AS (
    SELECT o.order_id, o.booked_offset, o.state, o.returned_tickets, o.transferred_tickets, o.payment_id
    FROM orders o WHERE o.show_id = :show AND o.booked_offset > :after
    ORDER BY o.booked_offset LIMIT :looked_at_max
)
SELECT l.number, l.last, f.order_id, f.booked_offset
FROM (SELECT count(*) AS number, max(a.booked_offset) AS last FROM looked_at a) l
LEFT JOIN LATERAL (
    SELECT a.* FROM looked_at a
    WHERE a.state = 5 OR a.state = 2 AND (
        NOT :revoked_alone OR a.returned_tickets <> '{}' OR a.transferred_tickets IS NOT NULL
        OR EXISTS (SELECT FROM disputes d WHERE d.show_id = :show AND d.payment_id = a.payment_id AND d.state <> 2)
    )
) f ON true
ORDER BY f.booked_offset
