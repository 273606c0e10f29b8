SELECT w.entry, w.place, w.session_id, w.want::text, w.state, w.order_id, w.joined_at, h.journal_offset, w.buyer_name, w.buyer_email, w.buyer_phone,
       w.locale
FROM waitlist_entries w JOIN journal_heads h ON h.show_id = w.show_id
WHERE w.show_id = :show AND w.entry = :entry
