-- Who bought an order and who comes with it, where that is told: apart from the order, so that it can be erased while places and
-- money stay, and so that an order of which nothing is told costs nothing. Gone with the order, whichever version removes that.
-- No CHECK: its failure would tell the row in the server's log.
CREATE TABLE order_details (
    show_id bigint NOT NULL,
    order_id bigint NOT NULL,
    -- As of the order: what it is listed by.
    booked_offset bigint NOT NULL,
    buyer_name text,
    buyer_email text,
    buyer_phone text,
    locale text,
    -- By the tickets' numbers; NULL, or missing at the end, where nobody is named.
    attendees text[] NOT NULL,
    -- Texts by name.
    metadata jsonb NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (show_id, order_id),
    FOREIGN KEY (show_id, order_id) REFERENCES orders ON DELETE CASCADE
);
CREATE INDEX order_details_of_email ON order_details (show_id, lower(buyer_email), booked_offset) WHERE buyer_email IS NOT NULL;
