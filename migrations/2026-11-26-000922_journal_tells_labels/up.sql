-- Whom places are kept for, on `blocked`, `unblocked` and `booked`. Not shown to viewers.
ALTER TABLE journal ADD COLUMN label text;
