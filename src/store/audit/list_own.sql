SELECT audit_id, at, key_id, operation, subject, came_from, request_id, organiser_id FROM audit
WHERE organiser_id = :organiser AND audit_id > :after ORDER BY audit_id LIMIT :limit
