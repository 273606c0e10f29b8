UPDATE check_in_lists SET name = :name, categories = :categories, sections = :sections, zones = :zones, admits_from = :from,
    admits_until = :until, allows_reentry = :allows_reentry
WHERE show_id = :show AND list = :list AND deleted_at IS NULL
