SELECT subject, body_text, body_html FROM mail_templates WHERE organiser_id = :organiser AND kind = :kind AND language = :language
