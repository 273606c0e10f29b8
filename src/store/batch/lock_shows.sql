SELECT instant, heads, events, answers, orders, payments, codes, credits
FROM lock_shows_4(:shows, :known_offsets, :events_max, :keys, :orders, :payments, :codes)
