SELECT k.position, d.buyer_name, d.buyer_email, d.buyer_phone, d.locale, d.attendees, d.metadata::text
FROM unnest(:shows, :orders) WITH ORDINALITY AS k (show_id, order_id, position)
CROSS JOIN LATERAL (
    SELECT a.* FROM order_details a WHERE a.show_id = k.show_id AND a.order_id = k.order_id
    OFFSET 0
) d
