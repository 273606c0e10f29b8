-- Whose plans and shows they are. There is always the first one: to it belongs whatever was there before there were others, and
-- whatever nodes of the version before write, which know of no others (see the defaults here and in the steps that follow).
CREATE TABLE organisers (
    organiser_id uuid PRIMARY KEY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO organisers (organiser_id, name) VALUES ('00000000-0000-0000-0000-000000000001', 'First organiser');

-- NULL: the operator's. The words of roles are in store/keys/role.rs.
ALTER TABLE keys ADD COLUMN organiser_id uuid DEFAULT '00000000-0000-0000-0000-000000000001';
-- How a key begins, so that it is recognised. NULL of keys that are older than this, and of those that somebody has made up.
ALTER TABLE keys ADD COLUMN prefix text;
-- As `is_from_settings`, but the operator's: apart, as nodes of the version before revoke whatever says that and isn't their own.
ALTER TABLE keys ADD COLUMN is_operators_setting boolean NOT NULL DEFAULT false;

-- Nodes of the version before don't set it: they would show the things of one organiser to another.
ALTER TABLE nodes ADD COLUMN knows_organisers boolean NOT NULL DEFAULT false;
