UPDATE cancellations c SET finished_at = clock_timestamp()
WHERE c.show_id = :show AND c.finished_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM seats s WHERE s.show_id = c.show_id AND s.order_id IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM zones z WHERE z.show_id = c.show_id AND z.held + z.sold > 0)
