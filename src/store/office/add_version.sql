INSERT INTO office_secrets (version, secret)
SELECT max(version) + 1, :secret FROM office_secrets
RETURNING version
