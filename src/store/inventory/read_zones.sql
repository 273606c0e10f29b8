SELECT zone, held, sold, blocked FROM zones WHERE show_id = :show
