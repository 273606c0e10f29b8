INSERT INTO organiser_keys (key_digest, name) VALUES (:digest, :name) ON CONFLICT DO NOTHING
