INSERT INTO order_details (show_id, order_id, booked_offset, buyer_name, buyer_email, buyer_phone, locale, attendees, metadata, changed_at)
VALUES (:show, :order, :booked, :name, :email, :phone, :locale, :attendees, :metadata::text::jsonb, clock_timestamp())
ON CONFLICT (show_id, order_id) DO UPDATE SET (buyer_name, buyer_email, buyer_phone, locale, attendees, metadata, changed_at)
    = (EXCLUDED.buyer_name, EXCLUDED.buyer_email, EXCLUDED.buyer_phone, EXCLUDED.locale, EXCLUDED.attendees, EXCLUDED.metadata,
       EXCLUDED.changed_at)
