-- Orders are booked in the order of their times: the time is found among their offsets by halving, twenty looks in a million. The
-- answer is the offset behind which all orders were made at that time or later.
WITH RECURSIVE halved (low, high) AS (
    SELECT 0::bigint, h.journal_offset FROM journal_heads h WHERE h.show_id = :show
    UNION ALL
    SELECT CASE WHEN p.created_at < :at THEN p.booked_offset ELSE b.low END,
           CASE WHEN p.created_at < :at THEN b.high ELSE b.low + (b.high - b.low) / 2 END
    FROM halved b
    LEFT JOIN LATERAL (
        SELECT o.booked_offset, o.created_at FROM orders o
        WHERE o.show_id = :show AND o.booked_offset > b.low + (b.high - b.low) / 2 AND o.booked_offset > 0
        ORDER BY o.booked_offset
        LIMIT 1
    ) p ON true
    WHERE b.low < b.high
)
SELECT coalesce(max(low), 0) FROM halved
