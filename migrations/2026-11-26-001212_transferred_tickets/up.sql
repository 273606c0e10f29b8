-- The numbers of its tickets that were transferred, each as often as it was: so often its code has become another one. NULL: none was.
ALTER TABLE orders ADD COLUMN transferred_tickets smallint[];
