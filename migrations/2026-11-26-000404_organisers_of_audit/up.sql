-- With whose key it was asked for, or of whose key it tells. NULL: the operator's.
ALTER TABLE audit ADD COLUMN organiser_id uuid DEFAULT '00000000-0000-0000-0000-000000000001';
