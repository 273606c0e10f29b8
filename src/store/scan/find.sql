SELECT s.order_id, s.ticket FROM scans s WHERE s.show_id = :show AND s.scan = :scan
