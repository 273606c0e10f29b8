-- The price of each ticket, by their numbers, as it was when its place was put into the order. NULL: as the show's first revision says.
ALTER TABLE orders ADD COLUMN prices bigint[];
-- Whether its hold was made longer. NULL: it was not, or by a node that doesn't write it down.
ALTER TABLE orders ADD COLUMN was_extended boolean;
