-- What is told of a change (3) is what is so now: of several, the last one is told alone.
SELECT d.buyer_name, d.buyer_email, d.locale, g.name, s.name, s.reply_to, s.language,
       :kind = 3 AND EXISTS (
           SELECT FROM mails l
           WHERE l.show_id = :show AND l.order_id IN (:order, -1) AND l.kind = :kind AND l.journal_offset > :offset
       ),
       e.tickets,
       -- What went back with these tickets; NULL, if none of it had been taken.
       (SELECT sum(r.amount)::bigint FROM refunds r
        WHERE r.show_id = :show AND r.order_id = :order AND r.created_at = e.at AND r.payment_id IN (
            SELECT o.payment_id FROM orders o WHERE o.show_id = :show AND o.order_id = :order
            UNION ALL
            SELECT c.payment_id FROM order_credits c WHERE c.show_id = :show AND c.order_id = :order))
FROM shows w
JOIN organisers g ON g.organiser_id = w.organiser_id
JOIN order_details d ON d.show_id = w.show_id AND d.order_id = :order
LEFT JOIN mail_senders s ON s.organiser_id = w.organiser_id
LEFT JOIN journal e ON e.show_id = w.show_id AND e.journal_offset = :offset AND e.order_id = :order
WHERE w.show_id = :show
