DELETE FROM inbox_fanouts WHERE show_id = :show AND kind = :kind AND cause = :cause
