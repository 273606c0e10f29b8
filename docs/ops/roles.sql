-- The office's roles in PostgreSQL, and its database. To be run once, by the superuser:
--
--   OFFICE_OWNER_PASSWORD=… OFFICE_NODE_PASSWORD=… psql --file=roles.sql postgres
--
-- `office_owner` owns the database and brings its schema up to date (`boxoffice migrate`). Nodes are `office_node`
-- (`boxoffice serve --no-migrate`): it reads and writes rows, and changes no schema. In the ledger it only adds rows, as
-- only its owner could take the triggers away that see to that.
\set ON_ERROR_STOP on
\getenv owner_password OFFICE_OWNER_PASSWORD
\getenv node_password OFFICE_NODE_PASSWORD

CREATE ROLE office_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE office_node LOGIN PASSWORD :'node_password';
CREATE DATABASE office OWNER office_owner;
REVOKE ALL ON DATABASE office FROM PUBLIC;
GRANT CONNECT ON DATABASE office TO office_node;

\connect office
ALTER SCHEMA public OWNER TO office_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO office_node;
-- For every table that a step of the schema will make.
ALTER DEFAULT PRIVILEGES FOR ROLE office_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO office_node;
