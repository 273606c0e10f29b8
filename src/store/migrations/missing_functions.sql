SELECT name FROM unnest(:names) AS name
WHERE NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.proname = name AND p.pronamespace = current_schema()::regnamespace)
