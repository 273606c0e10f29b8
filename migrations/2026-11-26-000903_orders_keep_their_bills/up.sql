-- What an order costs besides the price of each ticket, and what each was sold as (domain/tariff.rs). NULL: nothing.
ALTER TABLE orders ADD COLUMN bill jsonb;
