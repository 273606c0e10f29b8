DROP TABLE scans, doors;
