-- From old to new, as they became visible. A page begins after the show of that id, or after the one before where there is none.
WITH begin AS (
    SELECT coalesce(b.listed_at, b.created_at) AS at, b.show_id FROM shows b
    WHERE b.show_id <= :after AND NOT b.is_draft ORDER BY b.show_id DESC LIMIT 1
)
SELECT s.show_id, s.organiser_id, h.journal_offset, h.is_open, h.is_canceled, h.revision, s.is_draft, s.starts_at, s.ends_at, s.on_sale_at, s.closes_at
FROM shows s JOIN journal_heads h USING (show_id)
WHERE NOT s.is_draft AND (coalesce(s.listed_at, s.created_at), s.show_id)
    > (coalesce((SELECT b.at FROM begin b), '-infinity'), coalesce((SELECT b.show_id FROM begin b), 0))
ORDER BY coalesce(s.listed_at, s.created_at), s.show_id LIMIT :limit
