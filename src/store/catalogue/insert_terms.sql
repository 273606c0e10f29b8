-- Behind the lock at which new shows take turns, and last in its transaction: so shows become visible in the order of
-- `created_at`, which goes on even where the clock does not.
INSERT INTO shows (show_id, organiser_id, plan_id, title, starts_at, currency, prices, hold_ms, hold_grace_ms,
                   order_places_max, session_places_max, on_sale_at, closes_at, ends_at, buyers_may_return,
                   returns_until, honours_late, payment_window_ms, is_draft, time_zone, zone_capacities, tariff, places_per_email_max, rules,
                   created_at)
VALUES (:show, :organiser, :plan, :title, :starts_at, :currency, :prices, :hold_ms, :hold_grace_ms,
        :order_places_max, :session_places_max, :on_sale_at, :closes_at, :ends_at, :buyers_may_return,
        :returns_until, :honours_late, :payment_window_ms, :is_draft, :time_zone, :capacities, :tariff::jsonb,
        :places_per_email_max, :rules::jsonb,
        greatest(clock_timestamp(), (SELECT max(coalesce(s.listed_at, s.created_at)) + interval '1 microsecond' FROM shows s)))
