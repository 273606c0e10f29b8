INSERT INTO mail_templates (organiser_id, kind, language, subject, body_text, body_html, changed_at)
VALUES (:organiser, :kind, :language, :subject, :text, :html, clock_timestamp())
ON CONFLICT (organiser_id, kind, language) DO UPDATE
SET subject = :subject, body_text = :text, body_html = :html, changed_at = clock_timestamp()
