SELECT c.requested_at, c.finished_at,
       (SELECT count(*) FROM (
            SELECT s.order_id FROM seats s WHERE s.show_id = c.show_id AND s.order_id IS NOT NULL
            UNION
            SELECT o.order_id FROM orders o WHERE o.show_id = c.show_id AND o.has_live_zones
        ) live),
       (SELECT count(*) FROM outbox b WHERE b.show_id = c.show_id)
FROM cancellations c WHERE c.show_id = :show
