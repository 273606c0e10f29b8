UPDATE codes SET ended_at = coalesce(ended_at, clock_timestamp()) WHERE show_id = :show AND code_id = :code
