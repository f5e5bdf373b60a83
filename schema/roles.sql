-- Two roles for the exporter, to be run once by a superuser in the database of
-- the lines; it can be run again. Put your schema where it says public, and give
-- the roles passwords (\password) or a line in pg_hba.conf.
--
-- canonical_line_owner, for database::create_schema: true, owns the table: it
-- creates, detaches and drops partitions. canonical_line_writer, for
-- create_schema: false, only writes: it cannot delete a line or change a
-- definition, and needs some collector or a job that runs as the owner to keep
-- the table supplied with partitions.
DO $$
BEGIN
    IF to_regrole('canonical_line_owner') IS NULL THEN
        CREATE ROLE canonical_line_owner LOGIN;
    END IF;
    IF to_regrole('canonical_line_writer') IS NULL THEN
        CREATE ROLE canonical_line_writer LOGIN;
    END IF;
    -- TEMPORARY is for the staging table of lines that are stored already. PUBLIC
    -- has it unless it was revoked.
    EXECUTE format(
        'GRANT CONNECT, TEMPORARY ON DATABASE %I TO canonical_line_owner, canonical_line_writer',
        current_database()
    );
END
$$;

GRANT USAGE, CREATE ON SCHEMA public TO canonical_line_owner;
GRANT USAGE ON SCHEMA public TO canonical_line_writer;

-- For the table that the owner is going to create. Lines are read to find those
-- that are stored already, and updated where they gain something.
ALTER DEFAULT PRIVILEGES FOR ROLE canonical_line_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE ON TABLES TO canonical_line_writer;

-- On a table that is there already, as its owner:
--   ALTER TABLE canonical_api_line OWNER TO canonical_line_owner;
--   GRANT SELECT, INSERT, UPDATE ON canonical_api_line TO canonical_line_writer;
