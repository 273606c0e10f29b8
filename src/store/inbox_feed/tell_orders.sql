-- Offers, payments and what is given back, to those sessions that have an inbox. OFFSET 0 keeps the planner from reading whole tables.
SELECT f.session_id, to_jsonb(f)::text
FROM (
    SELECT i.session_id, CASE e.kind WHEN 15 THEN 1 WHEN 4 THEN 4 ELSE 5 END AS kind, e.show_id, e.order_id AS about,
           CASE WHEN e.kind = 5 THEN e.journal_offset ELSE 0 END AS cause, e.at, e.order_id,
           CASE WHEN e.kind = 15 THEN (e.seats[1]::bigint << 31) + e.seats[2] END AS entry,
           CASE WHEN e.kind = 15 THEN o.expires_at END AS expires_at,
           CASE WHEN e.kind = 4 THEN 1 END AS payment_state,
           m.amount, CASE WHEN m.amount IS NOT NULL THEN (SELECT s.currency FROM shows s WHERE s.show_id = e.show_id) END AS currency,
           b.nth, e.journal_offset
    FROM unnest(:shows, :after, :up_to) WITH ORDINALITY AS b (show_id, after, up_to, nth)
    CROSS JOIN LATERAL (
        SELECT a.show_id, a.journal_offset, a.at, a.kind, a.order_id, a.seats, a.tickets FROM journal a
        WHERE a.show_id = b.show_id AND a.journal_offset > b.after AND a.journal_offset <= b.up_to AND a.kind IN (4, 5, 15)
        OFFSET 0
    ) e
    CROSS JOIN LATERAL (
        SELECT a.session_id, a.expires_at, a.total, a.payment_id, a.returned_tickets FROM orders a
        WHERE a.show_id = e.show_id AND a.order_id = e.order_id
        OFFSET 0
    ) o
    CROSS JOIN LATERAL (SELECT a.session_id, a.opened_at FROM inboxes a WHERE a.session_id = o.session_id OFFSET 0) i
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN e.kind = 4 THEN coalesce(
                (SELECT p.amount FROM payments p WHERE p.show_id = e.show_id AND p.payment_id = o.payment_id), o.total)
            WHEN e.kind = 5 THEN coalesce(
                (SELECT sum(r.amount)::bigint
                 FROM (
                     SELECT o.payment_id
                     UNION
                     SELECT c.payment_id FROM order_credits c WHERE c.show_id = e.show_id AND c.order_id = e.order_id
                     OFFSET 0
                 ) p
                 CROSS JOIN LATERAL (
                     SELECT a.amount FROM refunds a
                     WHERE a.show_id = e.show_id AND a.payment_id = p.payment_id AND a.order_id = e.order_id AND a.created_at = e.at
                     OFFSET 0
                 ) r),
                -- Money that had only been set aside.
                CASE WHEN e.tickets IS NULL OR e.tickets = '{}' THEN o.total END)
        END AS amount
    ) m
    WHERE e.at > i.opened_at - interval '10 seconds'
      -- What is given back for other tickets. The event that they are paid is one of the next two.
      AND NOT (e.kind = 5 AND EXISTS (
          SELECT FROM journal p JOIN orders n ON n.show_id = p.show_id AND n.order_id = p.order_id
          WHERE p.show_id = e.show_id AND p.journal_offset BETWEEN e.journal_offset + 1 AND e.journal_offset + 2 AND p.kind = 4
            AND n.exchange_of = e.order_id
      ))
) f
ORDER BY f.nth, f.journal_offset
