-- Of each show the oldest first: what is left begins where a snapshot is.
WITH bound AS (
    SELECT s.show_id, max(s.journal_offset) AS kept_from FROM snapshots s
    WHERE s.at < clock_timestamp() - make_interval(days => :days)
    GROUP BY s.show_id
),
old AS (
    SELECT e.show_id, e.journal_offset FROM bound b
    CROSS JOIN LATERAL (
        SELECT j.show_id, j.journal_offset FROM journal j
        WHERE j.show_id = b.show_id AND j.journal_offset < b.kept_from
        ORDER BY j.journal_offset
        LIMIT :limit
    ) e
    LIMIT :limit
)
DELETE FROM journal j USING old o WHERE j.show_id = o.show_id AND j.journal_offset = o.journal_offset
