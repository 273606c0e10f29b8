ALTER TABLE webhook_cursors DROP COLUMN is_leased;
