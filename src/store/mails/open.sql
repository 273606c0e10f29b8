INSERT INTO mailing (seen_at, paced_at) VALUES (clock_timestamp(), clock_timestamp()) ON CONFLICT DO NOTHING
