ALTER TABLE orders DROP COLUMN transferred_tickets;
