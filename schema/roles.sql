-- Creates two roles for the exporter. A superuser runs this script once in the database of
-- the lines; it can be run again. Replace public with your schema, and give the roles
-- passwords (\password) or lines in pg_hba.conf.
--
-- canonical_line_owner, for database::create_schema: true, owns the table: it creates,
-- detaches and drops partitions. canonical_line_writer, for create_schema: false, only
-- writes: it can neither delete a line nor change a definition. Another collector or a job
-- that runs as the owner has to create partitions for it.
DO $$
BEGIN
    IF to_regrole('canonical_line_owner') IS NULL THEN
        CREATE ROLE canonical_line_owner LOGIN;
    END IF;
    IF to_regrole('canonical_line_writer') IS NULL THEN
        CREATE ROLE canonical_line_writer LOGIN;
    END IF;
    -- Lines that are already stored go through a temporary table. PUBLIC has TEMPORARY
    -- unless it was revoked.
    EXECUTE format(
        'GRANT CONNECT, TEMPORARY ON DATABASE %I TO canonical_line_owner, canonical_line_writer',
        current_database()
    );
END
$$;

GRANT USAGE, CREATE ON SCHEMA public TO canonical_line_owner;
GRANT USAGE ON SCHEMA public TO canonical_line_writer;

-- For the table that the owner will create. The writer reads lines to find those that are
-- already stored, and updates them.
ALTER DEFAULT PRIVILEGES FOR ROLE canonical_line_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE ON TABLES TO canonical_line_writer;

-- For a table that already exists, run as its owner:
--   ALTER TABLE canonical_api_line OWNER TO canonical_line_owner;
--   GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO canonical_line_writer;
