DELETE FROM mail_templates WHERE organiser_id = :organiser AND kind = :kind AND language = :language
