-- 4 is `paid`.
SELECT journal_offset FROM journal WHERE show_id = :show AND order_id = :order AND kind = 4
