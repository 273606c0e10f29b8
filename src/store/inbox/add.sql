-- Behind the locks of the inboxes. What was told is not told again; notices that are too many go, the oldest first (trim.sql).
WITH fact AS MATERIALIZED (
    SELECT n.*, u.nth FROM unnest(:facts) WITH ORDINALITY AS u (fact, nth)
    CROSS JOIN LATERAL jsonb_populate_record(NULL::inbox_notices, u.fact::jsonb) n
),
new AS (
    SELECT DISTINCT ON (f.session_id, f.kind, f.show_id, f.about, f.cause) f.* FROM fact f
    LEFT JOIN LATERAL (
        SELECT t.number FROM inbox_notices t
        WHERE t.session_id = f.session_id AND t.kind = f.kind AND t.show_id = f.show_id AND t.about = f.about AND t.cause = f.cause
        OFFSET 0
    ) t ON true
    WHERE t.number IS NULL
    ORDER BY f.session_id, f.kind, f.show_id, f.about, f.cause, f.nth
),
numbered AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.session_id ORDER BY w.nth) AS nth_new, count(*) OVER (PARTITION BY w.session_id) AS count_new
    FROM new w
),
moved AS (
    UPDATE inboxes i SET last_number = i.last_number + n.count_new,
        first_kept = greatest(i.first_kept, i.last_number + n.count_new - :notices_max + 1)
    FROM (SELECT DISTINCT a.session_id, a.count_new FROM numbered a OFFSET 0) n
    WHERE i.session_id = n.session_id
    RETURNING i.session_id, i.last_number
),
added AS (
    INSERT INTO inbox_notices (session_id, number, kind, show_id, about, cause, at, order_id, entry, expires_at, position, payment_state,
                               amount, currency, revision)
    SELECT n.session_id, m.last_number - n.count_new + n.nth_new, n.kind, n.show_id, n.about, n.cause, n.at, n.order_id, n.entry,
           n.expires_at, n.position, n.payment_state, n.amount, n.currency, n.revision
    FROM numbered n JOIN moved m ON m.session_id = n.session_id
)
SELECT session_id, last_number FROM moved
