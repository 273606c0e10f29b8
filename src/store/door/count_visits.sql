SELECT c.list, c.category, c.is_inside, count(*) FROM check_ins c WHERE c.show_id = :show
GROUP BY c.list, c.category, c.is_inside
ORDER BY c.list, c.category, c.is_inside
