SELECT name, reply_to, language FROM mail_senders WHERE organiser_id = :organiser
