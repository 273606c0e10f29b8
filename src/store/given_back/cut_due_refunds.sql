-- What this office has yet to give back can't be more than is left: the oldest refund gets its share first. Those that the
-- provider has carried out are counted in what is not left any more.
UPDATE refunds r SET amount = greatest(0, least(d.amount, :left - d.before)), changed_at = clock_timestamp()
FROM (
    SELECT f.refund_id, f.amount, sum(f.amount) OVER (ORDER BY f.created_at, f.refund_id) - f.amount AS before
    FROM refunds f
    WHERE f.show_id = :show AND f.payment_id = :payment AND f.state = 1 AND NOT f.refund_id = ANY (:done)
) d
WHERE r.show_id = :show AND r.refund_id = d.refund_id AND d.before + d.amount > :left
