SELECT p.state, p.amount FROM payments p WHERE p.show_id = :show AND p.payment_id = :payment FOR NO KEY UPDATE
