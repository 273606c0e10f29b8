SELECT pg_relation_size(to_regclass(:relation)) / current_setting('block_size')::int
