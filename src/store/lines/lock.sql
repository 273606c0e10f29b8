SELECT sketch FROM lines WHERE show_id = :show AND opened_at IS NULL FOR UPDATE
