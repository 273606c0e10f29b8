SELECT clock, fresh_shows, is_stale
FROM write_changes_4(:instant, :resolve_seconds, :valid_until, :heads, :seats, :zones, :new_orders, :orders, :events, :payments,
                     :new_payments, :returns, :credits, :answers, :terms, :details, :labels, :cuts,
                     :transfers, :entries)
