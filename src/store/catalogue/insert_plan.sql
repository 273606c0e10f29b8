INSERT INTO plans (plan_id, organiser_id, name, seats, zones, document) VALUES (:plan, :organiser, :name, :seats, :zones, :document)
ON CONFLICT (plan_id) DO NOTHING
