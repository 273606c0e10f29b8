INSERT INTO check_in_lists (show_id, list, name, categories, sections, zones, admits_from, admits_until, allows_reentry)
SELECT :show, coalesce(max(l.list), 0) + 1, :name, :categories, :sections, :zones, :from, :until, :allows_reentry
FROM check_in_lists l WHERE l.show_id = :show
HAVING count(*) FILTER (WHERE l.deleted_at IS NULL) < :lists_max AND count(*) < :numbers_max
RETURNING list
