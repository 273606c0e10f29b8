SELECT places_per_email_max FROM shows WHERE show_id = :show
