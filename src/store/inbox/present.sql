-- What a session should know when it opens its inbox: canceled shows of its orders, what it is offered, and how far it is from the front.
WITH own AS MATERIALIZED (
    SELECT o.show_id, o.order_id, o.state, o.expires_at, o.kept_until, o.settled_at, o.created_at FROM orders o
    WHERE o.session_id BETWEEN :session AND :session
    ORDER BY o.session_id DESC
    LIMIT :orders_max
),
canceled AS (
    SELECT DISTINCT ON (x.show_id) 7::smallint AS kind, x.show_id, 0::bigint AS about, 0::bigint AS cause, x.requested_at AS at
    FROM own o CROSS JOIN LATERAL (SELECT a.* FROM cancellations a WHERE a.show_id = o.show_id OFFSET 0) x
    WHERE o.created_at <= x.requested_at AND (o.state IN (1, 2) OR o.settled_at > x.requested_at - interval '2 seconds')
),
offer AS (
    SELECT 1::smallint AS kind, o.show_id, o.order_id AS about, 0::bigint AS cause, o.created_at AS at, o.order_id, w.entry, o.expires_at
    FROM own o
    CROSS JOIN LATERAL (
        SELECT a.entry FROM waitlist_entries a WHERE a.show_id = o.show_id AND a.order_id = o.order_id AND a.state = 2 OFFSET 0
    ) w
    WHERE o.state = 1 AND o.kept_until > clock_timestamp()
),
line AS (
    SELECT w.show_id, w.entry FROM waitlist_entries w WHERE w.session_id = :session AND w.state = 1 LIMIT :lines_max
),
place AS (
    SELECT l.show_id, l.entry, f.position
    FROM line l
    CROSS JOIN LATERAL (
        SELECT a.entry, row_number() OVER (ORDER BY a.place)::integer AS position FROM (
            SELECT e.entry, e.place FROM waitlist_entries e WHERE e.show_id = l.show_id AND e.state = 1 ORDER BY e.place LIMIT :front
        ) a
    ) f
    WHERE f.entry = l.entry
),
milestone AS (
    SELECT p.*, (SELECT min(m) FROM unnest(:milestones) AS m WHERE m >= p.position) AS milestone FROM place p
),
noted AS (
    INSERT INTO inbox_milestones (session_id, show_id, entry, told)
    SELECT :session, m.show_id, m.entry, m.milestone FROM milestone m
    ON CONFLICT (session_id, show_id, entry) DO UPDATE SET told = least(inbox_milestones.told, excluded.told)
),
fact AS (
    SELECT kind, show_id, about, cause, at, NULL::bigint AS order_id, NULL::bigint AS entry, NULL::timestamptz AS expires_at,
           NULL::integer AS position
    FROM canceled
    UNION ALL
    SELECT kind, show_id, about, cause, at, order_id, entry, expires_at, NULL FROM offer
    UNION ALL
    SELECT 2, show_id, entry, milestone, clock_timestamp(), NULL, entry, NULL, position FROM milestone
)
SELECT :session, (to_jsonb(f) || jsonb_build_object('session_id', :session))::text FROM fact f ORDER BY f.at
