SELECT s.show_id, s.organiser_id, s.plan_id, s.title, s.starts_at, s.currency, s.prices, s.hold_ms, s.hold_grace_ms,
       s.order_places_max, s.session_places_max, s.on_sale_at, s.closes_at, s.ends_at, s.buyers_may_return, s.returns_until,
       s.honours_late, s.payment_window_ms, s.created_at,
       ARRAY(SELECT z.capacity FROM zones z WHERE z.show_id = s.show_id ORDER BY z.zone)
FROM shows s WHERE s.show_id = :show
