-- An order's last payment is the live one or, if it has none, one of these. One that is on its way to its money is not in here.
CREATE INDEX CONCURRENTLY payments_ended ON payments (show_id, order_id) WHERE NOT is_live;
