-- The same with drafts, all or an organiser's, as they were made.
WITH begin AS (
    SELECT b.created_at, b.show_id FROM shows b WHERE b.show_id <= :after ORDER BY b.show_id DESC LIMIT 1
)
SELECT s.show_id, s.organiser_id, h.journal_offset, h.is_open, h.is_canceled, h.revision, s.is_draft, s.starts_at, s.ends_at, s.on_sale_at, s.closes_at
FROM shows s JOIN journal_heads h USING (show_id)
WHERE (NOT s.is_draft OR :organiser IS NULL OR s.organiser_id = :organiser) AND (s.created_at, s.show_id)
    > (coalesce((SELECT b.created_at FROM begin b), '-infinity'), coalesce((SELECT b.show_id FROM begin b), 0))
ORDER BY s.created_at, s.show_id LIMIT :limit
