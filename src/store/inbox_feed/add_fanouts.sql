INSERT INTO inbox_fanouts (show_id, kind, cause, at)
SELECT x.show_id, 7, 0, x.requested_at FROM cancellations x WHERE x.show_id = ANY (:canceled)
UNION ALL
-- What those who have tickets want to know of.
SELECT e.show_id, 6, e.revision, e.at
FROM unnest(:shows, :after, :up_to) AS b (show_id, after, up_to)
CROSS JOIN LATERAL (
    SELECT a.show_id, a.at, a.revision FROM journal a
    WHERE a.show_id = b.show_id AND a.journal_offset > b.after AND a.journal_offset <= b.up_to AND a.kind = 11
    OFFSET 0
) e
CROSS JOIN LATERAL (SELECT a.terms FROM show_revisions a WHERE a.show_id = e.show_id AND a.revision = e.revision OFFSET 0) n
CROSS JOIN LATERAL (SELECT a.terms FROM show_revisions a WHERE a.show_id = e.show_id AND a.revision = e.revision - 1 OFFSET 0) f
WHERE (n.terms ->> 'title', n.terms ->> 'plan_id', (n.terms ->> 'starts_at')::timestamptz, (n.terms ->> 'ends_at')::timestamptz,
       n.terms ->> 'time_zone', n.terms ->> 'buyers_may_return', (n.terms ->> 'returns_until')::timestamptz)
    IS DISTINCT FROM
      (f.terms ->> 'title', f.terms ->> 'plan_id', (f.terms ->> 'starts_at')::timestamptz, (f.terms ->> 'ends_at')::timestamptz,
       f.terms ->> 'time_zone', f.terms ->> 'buyers_may_return', (f.terms ->> 'returns_until')::timestamptz)
ON CONFLICT DO NOTHING
