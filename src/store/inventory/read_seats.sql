SELECT seat, state FROM seats WHERE show_id = :show AND state <> 0
