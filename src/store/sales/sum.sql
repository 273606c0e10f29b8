-- What of a show is held, sold and given back at an offset of its journal, in one look: the rows as they are, less what has happened
-- since. Tickets are numbered from 0: one a seat, then one a place of each zone.
WITH head AS MATERIALIZED (
    SELECT h.journal_offset AS head, coalesce(:at::bigint, h.journal_offset) AS at,
           (SELECT j.journal_offset FROM journal j WHERE j.show_id = h.show_id ORDER BY j.journal_offset LIMIT 1) AS first
    FROM journal_heads h WHERE h.show_id = :show
),
event AS MATERIALIZED (
    SELECT j.order_id, j.journal_offset, j.kind, j.tickets
    FROM head h CROSS JOIN LATERAL (
        SELECT a.order_id, a.journal_offset, a.kind, a.tickets FROM journal a
        WHERE a.show_id = :show AND a.journal_offset > h.at AND h.head - h.at <= :events_max
        OFFSET 0
    ) j
    WHERE j.order_id IS NOT NULL AND j.kind IN (1, 2, 3, 4, 5)
),
-- Of each order the first thing that has happened to it since, and all tickets that were given back since.
later AS MATERIALIZED (
    SELECT DISTINCT ON (e.order_id) e.order_id, e.kind FROM event e ORDER BY e.order_id, e.journal_offset
),
later_returned AS MATERIALIZED (
    SELECT e.order_id, array_agg(t.ticket) AS tickets FROM event e, unnest(e.tickets) AS t (ticket) WHERE e.kind = 5 GROUP BY e.order_id
),
-- Few of a show's orders may have come to anything: those that had a payment, those that are held, and what has ended since. In the
-- order of their numbers, near which they lie.
something AS MATERIALIZED (
    SELECT c.order_id, min(c.kind) AS kind
    FROM (
        SELECT p.order_id, NULL::smallint AS kind FROM payments p WHERE p.show_id = :show
        UNION ALL
        SELECT s.order_id, NULL FROM seats s WHERE s.show_id = :show AND s.state = 1
        UNION ALL
        SELECT z.order_id, NULL FROM orders z WHERE z.show_id = :show AND z.has_live_zones
        UNION ALL
        SELECT l.order_id, l.kind FROM later l
    ) c
    GROUP BY c.order_id ORDER BY c.order_id
),
order_then AS (
    SELECT o.seats, o.zones, o.prices, o.bill -> 'ticket_types' AS types, o.bill #>> '{discount,code}' AS code, o.returned_tickets, date_trunc('hour', o.created_at, 'UTC') AS hour, r.tickets AS not_yet,
           CASE c.kind WHEN 1 THEN 4 WHEN 2 THEN 1 WHEN 3 THEN 1 WHEN 4 THEN 1 WHEN 5 THEN 2 ELSE o.state END AS state
    FROM something c
    LEFT JOIN later_returned r ON r.order_id = c.order_id
    CROSS JOIN LATERAL (
        SELECT a.* FROM orders a WHERE a.show_id = :show AND a.order_id = c.order_id
        OFFSET 0
    ) o
    WHERE o.booked_offset <= (SELECT h.at FROM head h)
),
ticket AS (
    SELECT o.hour, o.code, t.category, o.types ->> (t.number - 1)::int AS type, coalesce(o.prices[t.number::int], t.first_price) AS price,
           CASE WHEN o.state = 1 THEN 1
                WHEN o.state = 2 AND NOT coalesce((t.number - 1)::smallint = ANY (o.returned_tickets)
                    AND (t.number - 1)::smallint <> ALL (coalesce(o.not_yet, '{}')), false) THEN 2
                ELSE 3 END AS part
    FROM order_then o
    CROSS JOIN LATERAL (
        SELECT (:seat_categories::smallint[])[s.seat + 1] AS category, (:first_seat_prices::bigint[])[s.seat + 1] AS first_price, s.number
        FROM unnest(o.seats) WITH ORDINALITY AS s (seat, number)
        UNION ALL
        SELECT (:zone_categories::smallint[])[o.zones[i] + 1], (:first_zone_prices::bigint[])[o.zones[i] + 1], cardinality(o.seats) + row_number() OVER (ORDER BY i, place)
        FROM generate_series(1, cardinality(o.zones), 2) AS i, generate_series(1, o.zones[i + 1]) AS place
    ) t
    WHERE o.state IN (1, 2, 5)
),
sum AS (
    SELECT t.part, t.category, t.hour, t.type, t.code, count(*) AS places, sum(t.price)::bigint AS amount
    FROM ticket t
    GROUP BY GROUPING SETS ((t.part, t.category), (t.part, t.hour), (t.part, t.type), (t.part, t.code))
    -- Places without a type or a code are told by none.
    HAVING num_nonnulls(t.category, t.hour, t.type, t.code) > 0
)
SELECT h.head, h.at, h.first,
       -- Orders that came to nothing are forgotten, and were something then. What places cost that were given up is known by nobody.
       EXISTS (
           SELECT FROM later l
           CROSS JOIN LATERAL (SELECT count(*) AS number FROM orders o WHERE o.show_id = :show AND o.order_id = l.order_id) n
           WHERE n.number = 0
       ) OR EXISTS (
           SELECT FROM event e JOIN orders o ON o.show_id = :show AND o.order_id = e.order_id
           WHERE e.kind = 2 AND e.tickets <> '{}' AND o.booked_offset <= h.at
       ),
       (SELECT coalesce(sum(r.amount), 0)::bigint FROM refunds r WHERE r.show_id = :show),
       s.part, s.category, s.hour, s.type, s.code, s.places, s.amount
FROM head h LEFT JOIN sum s ON true
