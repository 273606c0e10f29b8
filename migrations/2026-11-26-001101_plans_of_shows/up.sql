-- The plans that a show has had before: the numbers of its places follow from them, in their order, and from the present one.
ALTER TABLE shows ADD COLUMN former_plans uuid[] NOT NULL DEFAULT '{}';
