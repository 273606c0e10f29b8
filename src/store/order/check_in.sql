WITH paid AS (
    SELECT show_id, order_id FROM orders WHERE show_id = :show AND order_id = :order AND state = 2
      AND NOT :ticket = ANY (returned_tickets)
    FOR SHARE
),
used AS (
    INSERT INTO check_ins (show_id, order_id, ticket) SELECT show_id, order_id, :ticket FROM paid
    ON CONFLICT DO NOTHING
    RETURNING at
)
SELECT true, at FROM used
UNION ALL
SELECT false, c.at FROM check_ins c JOIN paid USING (show_id, order_id) WHERE c.ticket = :ticket
LIMIT 1
