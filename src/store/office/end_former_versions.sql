UPDATE office_secrets
SET accepted_until = least(accepted_until, clock_timestamp() + make_interval(days => :accepted_days))
WHERE version < :version
