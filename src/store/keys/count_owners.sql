SELECT count(*) FROM keys
WHERE organiser_id = :organiser AND role IN ('all', 'owner') AND key_id <> :other_than
  AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
