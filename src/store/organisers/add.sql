INSERT INTO organisers (organiser_id, name, created_at)
VALUES (:organiser, :name, greatest(clock_timestamp(), (SELECT max(o.created_at) + interval '1 microsecond' FROM organisers o)))
RETURNING organiser_id, name, created_at
