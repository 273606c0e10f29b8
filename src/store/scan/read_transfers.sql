-- When tickets of orders were transferred, in the order of that, as far as the journal has not forgotten it.
SELECT j.order_id, j.at, coalesce(j.tickets, '{}') FROM journal j
WHERE j.show_id = :show AND j.kind = 12 AND j.order_id = ANY (:orders) ORDER BY j.journal_offset
