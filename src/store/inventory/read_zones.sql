SELECT zone, held, sold FROM zones WHERE show_id = :show
