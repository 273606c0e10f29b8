-- When a show ends. NULL: nobody has said so; the times of a show that are there say when it is taken to be over.
ALTER TABLE shows ADD COLUMN ends_at timestamptz;
