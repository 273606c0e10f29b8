-- The live places of the orders whose buyers have each address. Holds that have lapsed by then have none, also where nobody has journaled it.
SELECT e.email, coalesce((
    SELECT sum(cardinality(o.seats) - cardinality(o.returned_tickets) + coalesce(
        (SELECT sum(o.zones[i + 1]) FROM generate_series(1, cardinality(o.zones), 2) AS i), 0))
    FROM order_details d JOIN orders o ON o.show_id = d.show_id AND o.order_id = d.order_id
    WHERE d.show_id = :show AND lower(d.buyer_email) = lower(e.email) AND d.buyer_email IS NOT NULL AND d.order_id <> :but_order
      AND (o.state = 2 OR o.state = 1 AND o.kept_until > coalesce(:now, clock_timestamp()))
), 0)::bigint + coalesce((
    -- What somebody waits for may be theirs at any time.
    SELECT sum((w.want ->> 'count')::int) FROM waitlist_entries w
    WHERE w.show_id = :show AND lower(w.buyer_email) = lower(e.email) AND w.state = 1 AND w.buyer_email IS NOT NULL
), 0)::bigint
FROM unnest(:emails::text[]) AS e (email)
