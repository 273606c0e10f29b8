-- Why a payment was refused, in a word for programs. NULL of those that weren't, and that nodes of the version before refused.
ALTER TABLE payments ADD COLUMN decline_code text;
