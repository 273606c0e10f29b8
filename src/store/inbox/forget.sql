WITH old AS (
    SELECT session_id FROM inboxes WHERE seen_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY seen_at LIMIT :limit FOR UPDATE SKIP LOCKED
),
watches AS (DELETE FROM inbox_watches w USING old o WHERE w.session_id = o.session_id),
milestones AS (DELETE FROM inbox_milestones m USING old o WHERE m.session_id = o.session_id)
DELETE FROM inboxes i USING old o WHERE i.session_id = o.session_id
