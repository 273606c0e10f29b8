INSERT INTO office_secrets (version, check_value, created_at)
VALUES (1, :check_value, CASE WHEN :is_new THEN clock_timestamp() END)
ON CONFLICT (version) DO NOTHING
