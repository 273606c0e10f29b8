-- Behind a failover that lost commits a head may have gone back: the cursor goes back with it. A cause that is met twice makes no
-- second mail.
WITH behind AS MATERIALIZED (
    SELECT c.show_id, c.journal_offset AS after, h.journal_offset AS head, least(h.journal_offset, c.journal_offset + :events) AS up_to
    FROM unnest(:shows) AS w (show_id)
    JOIN mail_cursors c ON c.show_id = w.show_id
    JOIN journal_heads h ON h.show_id = w.show_id
    WHERE c.journal_offset <> h.journal_offset
    ORDER BY c.show_id
    FOR UPDATE OF c SKIP LOCKED
),
made AS (
    INSERT INTO mails (show_id, order_id, kind, journal_offset, caused_at, due_at)
    SELECT j.show_id, coalesce(j.order_id, -1),
           CASE WHEN j.kind = 4 THEN 1 WHEN j.kind = 11 THEN 3 WHEN j.kind = 15 THEN 5 WHEN j.at >= x.requested_at THEN 4 ELSE 2 END,
           j.journal_offset, j.at, clock_timestamp()
    FROM behind b
    CROSS JOIN LATERAL (
        SELECT e.show_id, e.order_id, e.kind, e.journal_offset, e.at, e.revision FROM journal e
        WHERE e.show_id = b.show_id AND e.journal_offset > b.after AND e.journal_offset <= b.up_to AND e.kind IN (4, 5, 11, 15)
        OFFSET 0
    ) j
    LEFT JOIN cancellations x ON x.show_id = j.show_id
    LEFT JOIN order_details d ON d.show_id = j.show_id AND d.order_id = j.order_id
    LEFT JOIN show_revisions n ON n.show_id = j.show_id AND n.revision = j.revision
    LEFT JOIN show_revisions f ON f.show_id = j.show_id AND f.revision = j.revision - 1
    WHERE j.at > clock_timestamp() - make_interval(secs => :age_seconds)
      AND CASE WHEN j.kind = 11
          THEN (n.terms ->> 'title', (n.terms ->> 'starts_at')::timestamptz, (n.terms ->> 'ends_at')::timestamptz, n.terms ->> 'time_zone')
            IS DISTINCT FROM
               (f.terms ->> 'title', (f.terms ->> 'starts_at')::timestamptz, (f.terms ->> 'ends_at')::timestamptz, f.terms ->> 'time_zone')
          ELSE d.buyer_email IS NOT NULL
      END
      -- What is given back for other tickets: of those there is a mail. The event that they are paid is one of the next two.
      AND NOT (j.kind = 5 AND EXISTS (
          SELECT FROM journal p JOIN orders n ON n.show_id = p.show_id AND n.order_id = p.order_id
          WHERE p.show_id = j.show_id AND p.journal_offset BETWEEN j.journal_offset + 1 AND j.journal_offset + 2 AND p.kind = 4
            AND n.exchange_of = j.order_id
      ))
    ON CONFLICT DO NOTHING
)
UPDATE mail_cursors c SET journal_offset = b.up_to FROM behind b WHERE c.show_id = b.show_id
RETURNING c.show_id, b.up_to <> b.head
