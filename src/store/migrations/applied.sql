SELECT version::text FROM __diesel_schema_migrations ORDER BY version
