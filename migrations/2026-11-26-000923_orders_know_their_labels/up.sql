-- Whom its places were kept for: when it gives them up, they are again. NULL: they were free.
ALTER TABLE orders ADD COLUMN label text;
