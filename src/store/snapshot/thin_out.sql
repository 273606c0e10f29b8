-- Of each ten thousand events the last snapshot stays. What is looked at is a week of them, however old the office is.
WITH superfluous AS (
    SELECT s.show_id, s.journal_offset FROM snapshots s
    WHERE s.at BETWEEN clock_timestamp() - interval '8 days' AND clock_timestamp() - interval '1 day'
      AND EXISTS (
          SELECT 1 FROM snapshots later
          WHERE later.show_id = s.show_id AND later.journal_offset > s.journal_offset
            AND later.journal_offset / 10000 = s.journal_offset / 10000
      )
    LIMIT :limit
)
DELETE FROM snapshots s USING superfluous t WHERE s.show_id = t.show_id AND s.journal_offset = t.journal_offset
