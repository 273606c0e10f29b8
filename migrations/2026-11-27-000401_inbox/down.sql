DROP TABLE inbox_milestones;
DROP TABLE inbox_watches;
DROP TABLE inbox_fanouts;
DROP TABLE inbox_cursors;
DROP TABLE inbox_notices;
DROP TABLE inboxes;
