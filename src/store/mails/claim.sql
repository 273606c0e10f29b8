-- All nodes together send so many a second: whoever claims takes the mails' time from the one row of `mailing`. What was not used in a
-- second is not saved up.
WITH room AS MATERIALIZED (
    SELECT least(:limit, floor(:per_second
        * extract(epoch FROM clock_timestamp() - greatest(g.paced_at, clock_timestamp() - interval '1 second'))::double precision
    )::bigint) AS mails
    FROM mailing g FOR UPDATE
),
chosen AS MATERIALIZED (
    SELECT m.show_id, m.order_id, m.kind, m.journal_offset FROM mails m
    WHERE m.due_at <= (SELECT clock_timestamp())
    ORDER BY m.due_at LIMIT greatest((SELECT r.mails FROM room r), 0)
    FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE mails m SET due_at = clock_timestamp() + make_interval(secs => :lease_seconds)
    FROM chosen c
    WHERE m.show_id = c.show_id AND m.order_id = c.order_id AND m.kind = c.kind AND m.journal_offset = c.journal_offset
    RETURNING m.show_id, m.order_id, m.kind, m.journal_offset, m.attempts, m.due_at, m.caused_at
),
paced AS (
    UPDATE mailing g SET paced_at = greatest(g.paced_at, clock_timestamp() - interval '1 second')
        + make_interval(secs => (SELECT count(*) FROM chosen) / :per_second)
    WHERE EXISTS (SELECT FROM chosen)
)
SELECT l.show_id, l.order_id, l.kind, l.journal_offset, l.attempts, l.due_at,
       extract(epoch FROM clock_timestamp() - l.caused_at)::double precision
FROM leased l
