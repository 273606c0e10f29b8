INSERT INTO plans (plan_id, name, seats, zones, document) VALUES (:plan, :name, :seats, :zones, :document)
ON CONFLICT (plan_id) DO NOTHING
