DROP INDEX scans_in_conflict;
