INSERT INTO mail_senders (organiser_id, name, reply_to, language) VALUES (:organiser, :name, :reply_to, :language)
ON CONFLICT (organiser_id) DO UPDATE SET name = :name, reply_to = :reply_to, language = :language
