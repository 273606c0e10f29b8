-- The provider's own name for a refund that was made there. NULL: it was asked for here.
ALTER TABLE refunds ADD COLUMN reference text;
