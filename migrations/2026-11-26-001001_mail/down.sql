DROP TABLE mail_templates;
DROP TABLE mail_senders;
DROP TABLE mails;
DROP TABLE mail_cursors;
DROP TABLE mailing;
