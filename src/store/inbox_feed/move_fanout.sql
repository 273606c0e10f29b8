UPDATE inbox_fanouts SET stage = :stage, after = :after WHERE show_id = :show AND kind = :kind AND cause = :cause
