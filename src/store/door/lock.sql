-- Numbers are given behind the lock, in the order of commits: whoever follows a show's scans misses none. The clock is read behind it.
INSERT INTO doors AS d (show_id, scans) SELECT s.show_id, :count FROM shows s WHERE s.show_id = :show
ON CONFLICT (show_id) DO UPDATE SET scans = d.scans + :count
RETURNING scans - :count, clock_timestamp()
