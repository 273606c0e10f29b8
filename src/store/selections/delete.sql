UPDATE selections SET deleted_at = coalesce(deleted_at, clock_timestamp()), seats = '{}', zones = '{}'
WHERE show_id = :show AND selection = :word AND session_id = :session
