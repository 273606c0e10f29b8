ALTER TABLE refunds DROP COLUMN reference;
