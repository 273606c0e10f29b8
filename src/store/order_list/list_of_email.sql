-- As list, of those whose buyer has this address.
WITH looked_at AS (
    (
        SELECT d.order_id, d.booked_offset FROM order_details d
        WHERE :direction = 1 AND d.show_id = :show AND lower(d.buyer_email) = lower(:email) AND d.buyer_email IS NOT NULL
            AND d.booked_offset > :above AND d.booked_offset < :below
        ORDER BY d.booked_offset
        LIMIT :looked_at_max
    )
    UNION ALL
    (
        SELECT d.order_id, d.booked_offset FROM order_details d
        WHERE :direction = -1 AND d.show_id = :show AND lower(d.buyer_email) = lower(:email) AND d.buyer_email IS NOT NULL
            AND d.booked_offset > :above AND d.booked_offset < :below
        ORDER BY d.booked_offset DESC
        LIMIT :looked_at_max
    )
)
SELECT l.number, l.last, f.order_id, f.booked_offset
FROM (SELECT count(*) AS number, max(a.booked_offset * :direction) * :direction AS last FROM looked_at a) l
LEFT JOIN LATERAL (
    SELECT a.order_id, a.booked_offset
    FROM looked_at a
    CROSS JOIN LATERAL (
        SELECT b.session_id, b.code_id, CASE WHEN b.state = 1 AND b.kept_until <= clock_timestamp() THEN 4::smallint ELSE b.state END AS state
        FROM orders b WHERE b.show_id = :show AND b.order_id = a.order_id
        OFFSET 0
    ) o
    WHERE (:state::smallint IS NULL OR o.state = :state) AND (:session::uuid IS NULL OR o.session_id = :session)
        AND (:code::text IS NULL OR o.code_id = (SELECT c.code_id FROM codes c WHERE c.show_id = :show AND c.word = :code))
    ORDER BY a.booked_offset * :direction
    LIMIT :limit
) f ON true
ORDER BY f.booked_offset * :direction
