-- What nodes of the version before write is somebody who came in by the list that admits all, and has not left.
ALTER TABLE check_ins
    -- By their numbers in the plan and in the show, of the first entry. NULL: not known; the list that admits all.
    ADD COLUMN category smallint,
    ADD COLUMN list smallint,
    ADD COLUMN is_inside boolean NOT NULL DEFAULT true,
    -- It was given back, and the office heard only then that it had been used before.
    ADD COLUMN is_given_back boolean NOT NULL DEFAULT false;
