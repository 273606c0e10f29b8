-- Most places of the orders whose buyers have the same e-mail address. NULL: any number.
ALTER TABLE shows ADD COLUMN places_per_email_max int;
