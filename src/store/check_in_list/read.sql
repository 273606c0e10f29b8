SELECT l.list, l.name, l.categories, l.sections, l.zones, l.admits_from, l.admits_until, l.allows_reentry, l.created_at, l.deleted_at
FROM check_in_lists l WHERE l.show_id = :show AND l.list > :after ORDER BY l.list LIMIT :limit
