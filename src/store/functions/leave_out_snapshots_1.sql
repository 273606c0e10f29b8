-- Nodes of the version before know of no blocked places in zones. A snapshot of theirs would be wrong where some are blocked, or were
-- and have been released since it was taken: it is left out. The next one is not far.
CREATE FUNCTION leave_out_snapshots_1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.blocked IS NULL AND (
        EXISTS (SELECT FROM zones z WHERE z.show_id = NEW.show_id AND z.blocked > 0)
        OR EXISTS (
            SELECT FROM journal j
            WHERE j.show_id = NEW.show_id AND j.journal_offset > NEW.journal_offset AND j.kind = 7 AND j.zones <> '{}'
        )
    ) THEN
        RETURN NULL;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER snapshots_know_blocked_places BEFORE INSERT ON snapshots
FOR EACH ROW EXECUTE FUNCTION leave_out_snapshots_1();
