-- When a show ends. NULL: nobody has said so; then its other times tell when it is taken to be over (domain/times.rs). Nodes of the
-- version before don't ask: they sell a show that has begun, and let its visitors in, until they are gone.
ALTER TABLE shows ADD COLUMN ends_at timestamptz;
