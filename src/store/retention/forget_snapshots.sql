WITH bound AS (
    SELECT s.show_id, max(s.journal_offset) AS kept_from FROM snapshots s
    WHERE s.at < clock_timestamp() - make_interval(days => :days)
    GROUP BY s.show_id
),
old AS (
    SELECT s.show_id, s.journal_offset FROM bound b
    JOIN snapshots s ON s.show_id = b.show_id AND s.journal_offset < b.kept_from
    WHERE NOT EXISTS (SELECT FROM journal j WHERE j.show_id = b.show_id AND j.journal_offset <= s.journal_offset)
    LIMIT :limit
)
DELETE FROM snapshots s USING old o WHERE s.show_id = o.show_id AND s.journal_offset = o.journal_offset
