-- The first eight digits of the file that is written to now, and the clock.
SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END, clock_timestamp()
