SELECT organiser_id, name, created_at FROM organisers WHERE organiser_id = :organiser
