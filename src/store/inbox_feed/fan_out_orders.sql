-- The next orders of the show, and what is told of those that were live at the cause and whose session has an inbox. An order ends at the
-- time at which that was decided, which may be a little before the time of the show's cancellation.
SELECT n.order_id, i.session_id, (jsonb_build_object('session_id', i.session_id) || :fact::jsonb)::text
FROM (
    SELECT o.order_id, o.session_id, o.state, o.created_at, o.settled_at, o.kept_until FROM orders o
    WHERE o.show_id = :show AND o.order_id > :after
    ORDER BY o.order_id LIMIT :limit
) n
LEFT JOIN LATERAL (
    SELECT a.session_id FROM inboxes a
    WHERE a.session_id = n.session_id AND a.opened_at - interval '10 seconds' < :at AND n.created_at <= :at
      AND (n.state = 2 OR (n.state = 1 AND n.kept_until > :at) OR n.settled_at > :at - interval '2 seconds')
    OFFSET 0
) i ON true
ORDER BY n.order_id
