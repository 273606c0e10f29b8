-- Scans that the organiser should look at are few.
CREATE INDEX CONCURRENTLY scans_in_conflict ON scans (show_id, scan) WHERE conflict IS NOT NULL;
