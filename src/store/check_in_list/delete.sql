UPDATE check_in_lists SET deleted_at = coalesce(deleted_at, clock_timestamp()) WHERE show_id = :show AND list = :list
