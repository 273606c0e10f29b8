UPDATE organisers SET name = :name WHERE organiser_id = :organiser
RETURNING organiser_id, name, created_at
