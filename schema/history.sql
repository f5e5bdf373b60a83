-- Creates the history of the table. Its owner runs this script after schema/table.sql where the
-- exporter must not run DDL (database::create_schema: false):
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/history.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line/"metrics"."lines/g' schema/history.sql | psql …
--
-- A collector whose role may SELECT, INSERT, UPDATE and DELETE in these tables, and has SELECT
-- and UPDATE on the sequence, then keeps history. Each other writer needs INSERT and SELECT on
-- the marks, and SELECT on the sequence. Generated from internal/history/: edit that.

-- The hours of a table of lines, and the days that they add up to. There is no key: a builder
-- replaces all rows of an hour or of a day at once, and the partitions are small.
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_hours" (
at timestamptz NOT NULL,
    service_name text,
    deployment_environment text,
    http_method text,
    http_route text,
    other boolean NOT NULL,
    lines bigint NOT NULL,
    requests numeric NOT NULL,
    refused numeric NOT NULL,
    failed numeric NOT NULL,
    instant numeric NOT NULL,
    slow numeric NOT NULL,
    busy numeric NOT NULL,
    slowest interval,
    queries numeric NOT NULL,
    own numeric NOT NULL,
    database numeric NOT NULL,
    waiting numeric NOT NULL,
    outgoing numeric NOT NULL,
    zero numeric NOT NULL,
    first integer,
    buckets numeric[]
) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_days" (
at timestamptz NOT NULL,
    service_name text,
    deployment_environment text,
    http_method text,
    http_route text,
    other boolean NOT NULL,
    lines bigint NOT NULL,
    requests numeric NOT NULL,
    refused numeric NOT NULL,
    failed numeric NOT NULL,
    instant numeric NOT NULL,
    slow numeric NOT NULL,
    busy numeric NOT NULL,
    slowest interval,
    queries numeric NOT NULL,
    own numeric NOT NULL,
    database numeric NOT NULL,
    waiting numeric NOT NULL,
    outgoing numeric NOT NULL,
    zero numeric NOT NULL,
    first integer,
    buckets numeric[]
) PARTITION BY RANGE (at);
COMMENT ON TABLE "public"."canonical_api_line_hours" IS 'What the lines of each hour add up to: see docs/history.md.';
COMMENT ON TABLE "public"."canonical_api_line_days" IS 'What the hours of each day add up to: see docs/history.md.';
COMMENT ON COLUMN "public"."canonical_api_line_hours".other IS 'All series beyond the largest, history::max_series of them, in one row.';
COMMENT ON COLUMN "public"."canonical_api_line_hours".requests IS 'Lines, each as often as its adjusted_count says. So are the other numbers, except lines and slowest.';
COMMENT ON COLUMN "public"."canonical_api_line_hours".busy IS 'The durations, in seconds. So are own, database, waiting and outgoing.';
COMMENT ON COLUMN "public"."canonical_api_line_hours".zero IS 'Requests with a duration of 0.';
COMMENT ON COLUMN "public"."canonical_api_line_hours".first IS 'The number i of the first of the buckets. The bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds.';

-- Marks say which hours and days have to be rebuilt. Without any unique key, writers do not
-- wait for each other.
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_marks" (
    at timestamptz NOT NULL,
    of_day boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE "public"."canonical_api_line_marks" IS 'The hours, and the days, of which history has to be rebuilt. Whoever changes lines by hand adds their hours.';

-- How far history is built. It has one row, which is locked by whoever builds.
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_built" (
    until timestamptz NOT NULL,
    frozen timestamptz NOT NULL,
    partitions oid[] NOT NULL DEFAULT '{}',
    ends timestamptz[] NOT NULL DEFAULT '{}'
);
COMMENT ON COLUMN "public"."canonical_api_line_built".until IS 'Hours before this are built.';
COMMENT ON COLUMN "public"."canonical_api_line_built".frozen IS 'Hours before this are not rebuilt, because their lines are gone.';
COMMENT ON COLUMN "public"."canonical_api_line_built".partitions IS 'The partitions whose lines history may hold, by oid.';
COMMENT ON COLUMN "public"."canonical_api_line_built".ends IS 'The upper bounds of those partitions.';

-- The hour, counted from 1970, before which writers leave marks. It is a sequence because its
-- value is seen at once.
CREATE SEQUENCE IF NOT EXISTS "public"."canonical_api_line_fence" OWNED BY "public"."canonical_api_line_marks".at;
COMMENT ON SEQUENCE "public"."canonical_api_line_fence" IS 'Writers mark hours before this one, which is counted from 1970.';

-- Called STABLE, since COPY inserts rows one by one where a volatile function looks at them. COPY
-- calls it once, and depends on the value of that moment alone.
CREATE OR REPLACE FUNCTION "public"."canonical_api_line_fence"() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS 'BEGIN RETURN pg_catalog.pg_sequence_last_value(''"public"."canonical_api_line_fence"''::pg_catalog.regclass); END';
COMMENT ON FUNCTION "public"."canonical_api_line_fence"() IS 'The value of the sequence of this name; NULL before it has one.';


-- Rows are kept until you remove them: these partitions take all times. Create others instead,
-- by ranges of "at", to be able to drop old ones.
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_hours_all" PARTITION OF "public"."canonical_api_line_hours" DEFAULT;
CREATE TABLE IF NOT EXISTS "public"."canonical_api_line_days_all" PARTITION OF "public"."canonical_api_line_days" DEFAULT;

-- History begins with the oldest line. Where parts of it were missing, all hours are built again
-- that are not frozen: nobody has left marks meanwhile.
INSERT INTO "public"."canonical_api_line_built" (until, frozen)
SELECT 'epoch', 'epoch'
WHERE NOT EXISTS (SELECT FROM "public"."canonical_api_line_built");
UPDATE "public"."canonical_api_line_built"
SET until = greatest(frozen, date_bin('1 hour', clock_timestamp(), 'epoch'));
UPDATE "public"."canonical_api_line_built"
SET until = greatest(frozen, 'epoch', date_bin('1 hour', first.at, 'epoch'))
FROM (SELECT min(created_at) AS at FROM "public"."canonical_api_line") AS first
WHERE first.at IS NOT NULL;

