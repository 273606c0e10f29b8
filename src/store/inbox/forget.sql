WITH old AS (
    SELECT session_id FROM inboxes WHERE seen_at < clock_timestamp() - make_interval(days => :days)
    ORDER BY seen_at LIMIT :limit FOR UPDATE SKIP LOCKED
),
watches AS (DELETE FROM inbox_watches WHERE session_id = ANY (ARRAY(SELECT o.session_id FROM old o))),
milestones AS (DELETE FROM inbox_milestones WHERE session_id = ANY (ARRAY(SELECT o.session_id FROM old o)))
DELETE FROM inboxes WHERE session_id = ANY (ARRAY(SELECT o.session_id FROM old o))
