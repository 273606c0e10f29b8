SELECT c.requested_at, c.finished_at,
       (SELECT count(*) FROM orders o WHERE o.show_id = c.show_id AND o.is_live),
       (SELECT count(*) FROM outbox b WHERE b.show_id = c.show_id)
FROM cancellations c WHERE c.show_id = :show
