-- When tickets of orders that are still paid were given back: of one that the journal has forgotten, nobody knows any more.
SELECT j.order_id, j.at, coalesce(j.tickets, '{}') FROM journal j
WHERE j.show_id = :show AND j.kind = 5 AND j.order_id = ANY (:orders)
