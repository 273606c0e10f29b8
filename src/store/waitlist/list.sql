SELECT w.entry, w.place, w.session_id, w.want::text, w.state, w.order_id, w.joined_at, 0::bigint, w.buyer_name, w.buyer_email, w.buyer_phone,
       w.locale
FROM waitlist_entries w
WHERE w.show_id = :show AND w.state = 1 AND w.place > :after
ORDER BY w.place LIMIT :limit
