UPDATE codes SET uses_max = :uses_max, valid_from = :valid_from, valid_until = :valid_until WHERE show_id = :show AND code_id = :code
