DROP INDEX audit_by_organiser;
