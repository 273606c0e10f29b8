DROP TABLE audit, keys;
