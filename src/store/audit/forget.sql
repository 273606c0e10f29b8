DELETE FROM audit WHERE audit_id IN (
    SELECT o.audit_id FROM (SELECT audit_id, at FROM audit ORDER BY audit_id LIMIT :limit) o
    WHERE o.at < clock_timestamp() - make_interval(days => :days)
)
