UPDATE cancellations c SET finished_at = clock_timestamp()
WHERE c.show_id = :show AND c.finished_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.show_id = c.show_id AND o.is_live)
