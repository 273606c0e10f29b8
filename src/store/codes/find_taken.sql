SELECT c.word FROM codes c WHERE c.show_id = :show AND c.word = ANY (:words) ORDER BY c.word LIMIT 100
