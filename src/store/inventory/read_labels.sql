SELECT label, seat, zone, places FROM labeled_places WHERE show_id = :show
