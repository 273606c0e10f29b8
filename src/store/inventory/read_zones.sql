SELECT zone, capacity, held, sold, blocked FROM zones WHERE show_id = :show
