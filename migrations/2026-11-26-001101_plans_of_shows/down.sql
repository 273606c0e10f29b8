ALTER TABLE shows DROP COLUMN former_plans;
