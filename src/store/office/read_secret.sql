INSERT INTO office (secret) VALUES (:fresh)
ON CONFLICT (only_row) DO UPDATE SET only_row = true
RETURNING secret
