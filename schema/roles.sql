-- Creates roles for the exporter and its page. A superuser runs this script once in the database of
-- the lines; it can be run again. Replace public with your schema, and give the roles
-- passwords (\password) or lines in pg_hba.conf.
--
-- canonical_line_owner, for database::create_schema: true, owns the table: it creates,
-- detaches and drops partitions. canonical_line_writer, for create_schema: false, only
-- writes: it can neither delete a line nor change a definition. Another collector or a job
-- that runs as the owner has to create partitions for it. canonical_line_reader, for the page and
-- for dashboards, only reads, and only these tables.
DO $$
BEGIN
    IF to_regrole('canonical_line_owner') IS NULL THEN
        CREATE ROLE canonical_line_owner LOGIN;
    END IF;
    IF to_regrole('canonical_line_writer') IS NULL THEN
        CREATE ROLE canonical_line_writer LOGIN;
    END IF;
    IF to_regrole('canonical_line_reader') IS NULL THEN
        CREATE ROLE canonical_line_reader LOGIN;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO canonical_line_reader', current_database());
    -- Lines that are already stored go through a temporary table. PUBLIC has TEMPORARY
    -- unless it was revoked.
    EXECUTE format(
        'GRANT CONNECT, TEMPORARY ON DATABASE %I TO canonical_line_owner, canonical_line_writer',
        current_database()
    );
END
$$;

GRANT USAGE, CREATE ON SCHEMA public TO canonical_line_owner;
GRANT USAGE ON SCHEMA public TO canonical_line_writer, canonical_line_reader;

-- Beside its rights: it neither writes by mistake nor asks for ever, and compiles no query, which
-- takes longer than most answers.
ALTER ROLE canonical_line_reader SET default_transaction_read_only = on;
ALTER ROLE canonical_line_reader SET statement_timeout = '1min';
ALTER ROLE canonical_line_reader SET jit = off;

-- For the table that the owner will create. The writer reads lines to find those that are
-- already stored, and updates them.
ALTER DEFAULT PRIVILEGES FOR ROLE canonical_line_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE ON TABLES TO canonical_line_writer;
ALTER DEFAULT PRIVILEGES FOR ROLE canonical_line_owner IN SCHEMA public
    GRANT SELECT ON TABLES TO canonical_line_reader;

-- A table that already exists goes to the owner, with each partition, attached or detached:
-- a partition of another role could not be removed.
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT relid FROM pg_partition_tree(to_regclass('public.canonical_api_line'))
        UNION
        SELECT c.oid
        FROM pg_class c
        JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
        WHERE c.relnamespace = 'public'::regnamespace
            AND c.relkind = 'r'
            AND d.description LIKE 'Made by canonical\_line, %'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO canonical_line_owner', part);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %s TO canonical_line_writer', part);
        EXECUTE format('GRANT SELECT ON %s TO canonical_line_reader', part);
    END LOOP;
    -- The history of a table that already exists.
    FOR part IN
        SELECT to_regclass('public.canonical_api_line_' || name)
        FROM unnest(ARRAY['hours', 'days', 'marks', 'built']) AS name
        WHERE to_regclass('public.canonical_api_line_' || name) IS NOT NULL
    LOOP
        EXECUTE format('GRANT SELECT ON %s TO canonical_line_reader', part);
    END LOOP;
END
$$;

-- For roles that come and go (Vault, IAM): what they create belongs to the owner, too, so
-- that the next one can remove it.
--   GRANT canonical_line_owner TO the_role;
