-- The terms of one revision, or the present ones; and besides those that the show was made with, where they are others.
SELECT t.show_id, t.organiser_id, t.revision, t.is_draft, t.plan_id, t.title, t.starts_at, t.ends_at, t.on_sale_at, t.closes_at, t.time_zone,
       t.currency, t.prices, t.hold_ms, t.hold_grace_ms, t.order_places_max, t.session_places_max, t.buyers_may_return,
       t.returns_until, t.honours_late, t.payment_window_ms, t.created_at,
       coalesce(t.zone_capacities, ARRAY(SELECT z.capacity FROM zones z WHERE z.show_id = t.show_id ORDER BY z.zone)), t.former_plans,
       t.tariff::text, t.places_per_email_max, t.rules::text
FROM (
    SELECT s.* FROM shows s WHERE s.show_id = :show AND (:revision::int IS NULL OR s.revision = :revision)
    UNION ALL
    SELECT f.* FROM shows s
    JOIN show_revisions r ON r.show_id = s.show_id AND r.revision <> s.revision AND r.revision IN (1, :revision)
    -- Terms that were kept before there were tariffs, limits for addresses and rules have none.
    CROSS JOIN LATERAL jsonb_populate_record(s, '{"tariff": null, "places_per_email_max": null, "rules": null}' || r.terms) f
    WHERE s.show_id = :show
) t
ORDER BY t.revision DESC
