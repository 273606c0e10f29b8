UPDATE office SET next_show = next_show + 1 RETURNING next_show - 1
