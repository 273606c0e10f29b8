UPDATE mailing SET seen_at = clock_timestamp()
