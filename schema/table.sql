-- Creates the table. Its owner runs this script where the exporter must not run DDL
-- (database::create_schema: false). The schema has to exist:
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/table.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"/"metrics"/g; s/"canonical_api_line"/"lines"/g' schema/table.sql | psql …
--
-- The table takes no lines until it has partitions. A collector with create_schema: true
-- creates them, or a job of yours:
--
--   CREATE TABLE canonical_api_line_20230512 PARTITION OF canonical_api_line
--       FOR VALUES FROM ('2023-05-12 00:00+00') TO ('2023-05-13 00:00+00');
--
-- Generated from the columns in internal/line/columns.go: edit those.

-- The default of the id names gen_ulid() without a schema, as the article does.
SET LOCAL search_path = "public";

-- A gen_ulid() that exists stays.
DO $create$
BEGIN
    IF pg_catalog.to_regprocedure('"public".gen_ulid()') IS NULL THEN
-- gen_ulid() returns a ULID as a uuid: 48 bits of milliseconds since 1970, then 80 random
-- bits (https://github.com/ulid/spec). Postgres has gen_random_uuid() since version 13;
-- the first 8 and the last 12 of its 32 hex digits are all random.
CREATE FUNCTION "public".gen_ulid() RETURNS uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
AS $$
    SELECT (
        pg_catalog.lpad(pg_catalog.to_hex((extract(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint), 12, '0')
        || pg_catalog.left(random.hex, 8)
        || pg_catalog.right(random.hex, 12)
    )::uuid
    FROM (SELECT pg_catalog.encode(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), 'hex') AS hex) AS random
$$;
    END IF;
END
$create$;

-- Partitioned by the time the request ended, so that old lines are removed by DROP.
-- The primary key has to contain the partition key. created_at leads it because every
-- question is about a time window.
CREATE TABLE "public"."canonical_api_line" (
    "id" uuid NOT NULL DEFAULT gen_ulid(),
    "account_email" varchar(200),
    "account_id" uuid,
    "api_error_code" varchar(200),
    "api_error_internal_code" varchar(200),
    "api_error_cause" varchar(2000),
    "api_error_message" varchar(2000),
    "auth_internal_name" varchar(200),
    "auth_type" varchar(200),
    "content_type" varchar(200),
    "created_at" timestamptz NOT NULL DEFAULT current_timestamp,
    "duration" interval NOT NULL,
    "http_method" varchar(20) NOT NULL,
    "http_path" varchar(200) NOT NULL,
    "http_path_original" varchar(200),
    "http_route" varchar(200),
    "idempotency_key" uuid,
    "idempotency_replay" boolean NOT NULL DEFAULT false,
    "ip" inet NOT NULL,
    "query_string" varchar(2000),
    "request_id" uuid NOT NULL,
    "request_payload" jsonb,
    "request_payload_capture_disabled" boolean NOT NULL DEFAULT false,
    "sentry_event_id" varchar(200),
    "sso_provider" varchar(200),
    "statistics" jsonb,
    "status" integer NOT NULL,
    "sudo" boolean NOT NULL,
    "sudo_account_email" varchar(200),
    "sudo_account_id" uuid,
    "updated_at" timestamptz NOT NULL DEFAULT current_timestamp,
    "user_agent" varchar(200),
    "x_crunchy_headers" varchar(200)[],
    "service_name" varchar(200),
    "service_version" varchar(200),
    "deployment_environment" varchar(200),
    "trace_id" varchar(32),
    "span_id" varchar(16),
    "adjusted_count" double precision NOT NULL DEFAULT 1,
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);

COMMENT ON COLUMN "public"."canonical_api_line"."id" IS 'The line''s ID: sorts by time like a ULID and is the same for the same span';
COMMENT ON COLUMN "public"."canonical_api_line"."account_email" IS 'Email address of the account that made the request';
COMMENT ON COLUMN "public"."canonical_api_line"."account_id" IS 'ID of the account that made the request';
COMMENT ON COLUMN "public"."canonical_api_line"."api_error_code" IS 'What went wrong, as the API calls it';
COMMENT ON COLUMN "public"."canonical_api_line"."api_error_internal_code" IS 'What went wrong, as the code calls it';
COMMENT ON COLUMN "public"."canonical_api_line"."api_error_cause" IS 'The original error behind the failure';
COMMENT ON COLUMN "public"."canonical_api_line"."api_error_message" IS 'The error''s message';
COMMENT ON COLUMN "public"."canonical_api_line"."auth_internal_name" IS 'Name of the internal client that made the request';
COMMENT ON COLUMN "public"."canonical_api_line"."auth_type" IS 'How the request authenticated, such as bearer';
COMMENT ON COLUMN "public"."canonical_api_line"."content_type" IS 'Content type of the request';
COMMENT ON COLUMN "public"."canonical_api_line"."created_at" IS 'When the request ended; the partition key';
COMMENT ON COLUMN "public"."canonical_api_line"."duration" IS 'How long the request took inside the service';
COMMENT ON COLUMN "public"."canonical_api_line"."http_method" IS 'The request''s method as sent';
COMMENT ON COLUMN "public"."canonical_api_line"."http_path" IS 'The request''s path; empty: unknown';
COMMENT ON COLUMN "public"."canonical_api_line"."http_path_original" IS 'The path before a proxy rewrote it, where it differs';
COMMENT ON COLUMN "public"."canonical_api_line"."http_route" IS 'The pattern that matched; NULL: none';
COMMENT ON COLUMN "public"."canonical_api_line"."idempotency_key" IS 'The request''s Idempotency-Key';
COMMENT ON COLUMN "public"."canonical_api_line"."idempotency_replay" IS 'Whether an earlier response was sent again';
COMMENT ON COLUMN "public"."canonical_api_line"."ip" IS 'The client''s address; 0.0.0.0: unknown';
COMMENT ON COLUMN "public"."canonical_api_line"."query_string" IS 'The query string, without secrets';
COMMENT ON COLUMN "public"."canonical_api_line"."request_id" IS 'The request''s ID, else the trace''s';
COMMENT ON COLUMN "public"."canonical_api_line"."request_payload" IS 'The request''s body, without secrets';
COMMENT ON COLUMN "public"."canonical_api_line"."request_payload_capture_disabled" IS 'Whether request_payload is NULL because bodies are not captured';
COMMENT ON COLUMN "public"."canonical_api_line"."sentry_event_id" IS 'ID of the Sentry event about the request';
COMMENT ON COLUMN "public"."canonical_api_line"."sso_provider" IS 'Single sign-on provider that authenticated the account';
COMMENT ON COLUMN "public"."canonical_api_line"."statistics" IS 'What the request cost: counts, and durations in seconds';
COMMENT ON COLUMN "public"."canonical_api_line"."status" IS 'The response''s status; 0: unknown';
COMMENT ON COLUMN "public"."canonical_api_line"."sudo" IS 'Whether a staff member acted for the account';
COMMENT ON COLUMN "public"."canonical_api_line"."sudo_account_email" IS 'Email address of the staff member who acted';
COMMENT ON COLUMN "public"."canonical_api_line"."sudo_account_id" IS 'Account ID of the staff member who acted';
COMMENT ON COLUMN "public"."canonical_api_line"."updated_at" IS 'When the stored line last changed';
COMMENT ON COLUMN "public"."canonical_api_line"."user_agent" IS 'The client''s User-Agent';
COMMENT ON COLUMN "public"."canonical_api_line"."x_crunchy_headers" IS 'Captured request headers with a configured prefix, as name: value';
COMMENT ON COLUMN "public"."canonical_api_line"."service_name" IS 'The service that answered';
COMMENT ON COLUMN "public"."canonical_api_line"."service_version" IS 'The service''s version';
COMMENT ON COLUMN "public"."canonical_api_line"."deployment_environment" IS 'Where the service runs, such as production';
COMMENT ON COLUMN "public"."canonical_api_line"."trace_id" IS 'The trace''s ID in hex, as a trace viewer takes it';
COMMENT ON COLUMN "public"."canonical_api_line"."span_id" IS 'The SERVER span''s ID in hex';
COMMENT ON COLUMN "public"."canonical_api_line"."adjusted_count" IS 'How many requests the line stands for: the inverse of its sampling probability';
