-- Creates the functions that answer questions about the table. Its owner runs this script
-- where the exporter must not run DDL (database::create_schema: false), and again after an
-- upgrade:
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/questions.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line/"metrics"."lines/g' schema/questions.sql | psql …
--
-- SELECT * FROM canonical_api_line_questions() then lists them. Everybody who may read the
-- table may call them. Generated from internal/questions/functions/: edit those.

-- The functions keep what these names mean here, whatever the search_path of those who call
-- them.
SET search_path = pg_catalog, pg_temp;

-- Drops older versions, since their results may differ, in one statement, since they call one
-- another. A function that has one of these names but was not created by the exporter stops
-- the script.
DO $$
DECLARE
    old text;
BEGIN
    SELECT pg_catalog.string_agg(p.oid::regprocedure::text, ', ')
    INTO old
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.unnest(ARRAY[
        '"public"."canonical_api_line_window"',
        '"public"."canonical_api_line_one_of"',
        '"public"."canonical_api_line_speed"',
        '"public"."canonical_api_line_reads"',
        '"public"."canonical_api_line_writes"',
        '"public"."canonical_api_line_rate"',
        '"public"."canonical_api_line_heatmap"',
        '"public"."canonical_api_line_changes"',
        '"public"."canonical_api_line_errors"',
        '"public"."canonical_api_line_failures"',
        '"public"."canonical_api_line_slowest"',
        '"public"."canonical_api_line_costs"',
        '"public"."canonical_api_line_n_plus_one"',
        '"public"."canonical_api_line_callers"',
        '"public"."canonical_api_line_partitions"',
        '"public"."canonical_api_line_look_up"',
        '"public"."canonical_api_line_find"',
        '"public"."canonical_api_line_account"',
        '"public"."canonical_api_line_request"',
        '"public"."canonical_api_line_questions"'
    ]) AS known (name) ON p.oid = pg_catalog.to_regproc(known.name)::oid
    WHERE pg_catalog.strpos(pg_catalog.obj_description(p.oid, 'pg_proc'), ' [canonical_line ') > 0;
    IF old IS NOT NULL THEN
        EXECUTE 'DROP FUNCTION ' || old;
    END IF;
END
$$;

-- Most other questions read lines through this function. The planner inlines it into them,
-- so unused columns cost nothing and the conditions on created_at prune partitions.
--
-- BEGIN ATOMIC binds the functions, operators and types of the other questions when they are
-- created, so that nobody's schema in the caller's search_path can slip in its own. The body
-- of this one is text, so that it does not depend on the table, which can be altered and
-- dropped: it qualifies all names.
--
-- If the table lacks a column, that of "absent" takes its place: a name that the inner query
-- does not know is resolved outside it. Arguments are numbered because a column of the
-- table could have the name of one.
CREATE FUNCTION "public"."canonical_api_line_window"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    created_at timestamptz,
    service_name text,
    http_method text,
    http_route text,
    http_path text,
    status integer,
    duration interval,
    requests double precision,
    error_code text,
    error_cause text,
    account_id text,
    account_email text,
    ip inet,
    user_agent text,
    request_id uuid,
    trace_id text,
    statistics jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        line.created_at,
        line.service_name::pg_catalog.text,
        line.http_method::pg_catalog.text,
        line.http_route::pg_catalog.text,
        line.http_path::pg_catalog.text,
        line.status::integer,
        line.duration::interval,
        line.adjusted_count::double precision,
        line.api_error_code::pg_catalog.text,
        coalesce(line.api_error_cause, line.api_error_message, line.api_error_internal_code, line.api_error_code)::pg_catalog.text,
        line.account_id::pg_catalog.text,
        line.account_email::pg_catalog.text,
        line.ip::pg_catalog.inet,
        line.user_agent::pg_catalog.text,
        line.request_id::pg_catalog.uuid,
        line.trace_id::pg_catalog.text,
        line.statistics::pg_catalog.jsonb
    FROM (
        VALUES (
            1::double precision, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.inet, NULL::pg_catalog.text, NULL::pg_catalog.uuid, NULL::pg_catalog.text, NULL::pg_catalog.jsonb
        )
    ) AS absent (
        adjusted_count, service_name, http_route, http_path, api_error_code, api_error_cause, api_error_message,
        api_error_internal_code, account_id, account_email, ip, user_agent, request_id, trace_id, statistics
    )
    CROSS JOIN LATERAL (
        SELECT
            created_at, service_name, http_method, http_route, http_path, status, duration, adjusted_count,
            api_error_code, api_error_cause, api_error_message, api_error_internal_code,
            account_id, account_email, ip, user_agent, request_id, trace_id, statistics
        FROM "public"."canonical_api_line"
        WHERE created_at OPERATOR(pg_catalog.>) (((coalesce($2, pg_catalog.now()) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.-) $1) AT TIME ZONE 'UTC')
            AND created_at OPERATOR(pg_catalog.<=) coalesce($2, 'infinity')
    ) AS line
    WHERE ($3 IS NULL OR line.service_name OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($3, E'\n')))
        AND ($4 IS NULL OR line.http_method OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($4, E'\n')))
        AND ($5 IS NULL OR line.http_route OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($5, E'\n')))
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_window" IS
'The lines of a window, for questions of your own. requests is how many requests a line stands for: sum it if lines were sampled. service, method and route can name several values, one on each line of the text; NULL means all. [canonical_line 01c090a3]';

-- IMMUTABLE, so that the planner sees the text and not the call.
CREATE FUNCTION "public"."canonical_api_line_one_of"(
    VARIADIC "values" text[]
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT nullif(pg_catalog.array_to_string("values", E'\n'), '');
END;
COMMENT ON FUNCTION "public"."canonical_api_line_one_of" IS
'Several services, methods or routes for a question, as in speed(service => one_of(''api'', ''web'')). NULL alone means all. [canonical_line 9ee2fb37]';

-- One pass and one sort compute only what is shown; percentile_cont also returns the
-- maximum. The route comes first in GROUP BY because it tells more lines apart, which makes
-- the sort faster.
CREATE FUNCTION "public"."canonical_api_line_speed"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_failed numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        service_name,
        http_method,
        http_route,
        pg_catalog.round(requests)::bigint,
        lines,
        p[1],
        p[2],
        p[3],
        p[4],
        pg_catalog.round((100 * instant / requests)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * instant / requests, 0))))::integer)),
        pg_catalog.round((100 * (requests - instant - slow) / requests)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * (requests - instant - slow) / requests, 0))))::integer)),
        pg_catalog.round((100 * slow / requests)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * slow / requests, 0))))::integer)),
        pg_catalog.round((100 * failed / requests)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed / requests, 0))))::integer))
    FROM (
        SELECT
            http_route,
            http_method,
            service_name,
            pg_catalog.count(*) AS lines,
            nullif(pg_catalog.sum(requests), 0) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration < '100 ms'), 0) AS instant,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration >= '1 s'), 0) AS slow,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)), 0) AS failed,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY duration) AS p
        FROM "public"."canonical_api_line_window"(since, until, service, method, route)
        GROUP BY http_route, http_method, service_name
    ) AS routes
    ORDER BY requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_speed" IS
'Are we fast? Each route with its percentiles, the shares of requests that were instant (below 100 ms), fast (below 1 s) and slow, and that failed (status 500 and above, or an error beside a status below 400), in percent. Counts and shares are of requests; percentiles are of lines, which is the same unless lines were sampled. [canonical_line ad053f02]';

CREATE FUNCTION "public"."canonical_api_line_reads"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_failed numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM "public"."canonical_api_line_speed"(since, until) WHERE http_method IN ('GET', 'HEAD');
END;
COMMENT ON FUNCTION "public"."canonical_api_line_reads" IS
'Are we fast at retrievals? Like speed, for GET and HEAD. [canonical_line aaf822a5]';

CREATE FUNCTION "public"."canonical_api_line_writes"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_failed numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT * FROM "public"."canonical_api_line_speed"(since, until) WHERE http_method IN ('DELETE', 'PATCH', 'POST', 'PUT');
END;
COMMENT ON FUNCTION "public"."canonical_api_line_writes" IS
'Are we fast at mutations? Like speed, for DELETE, PATCH, POST and PUT. [canonical_line fd82f775]';

CREATE FUNCTION "public"."canonical_api_line_rate"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    per_second numeric,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        pg_catalog.round((coalesce(requests, 0) / seconds)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(coalesce(requests, 0) / seconds, 0))))::integer)),
        pg_catalog.round((100 * refused / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * refused / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * failed / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed / nullif(requests, 0), 0))))::integer)),
        coalesce(lines, 0),
        p[1],
        p[2],
        p[3]
    FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s')
        ) AS steps (at)
    ) AS steps (at)
    FULL JOIN (
        SELECT
            at,
            pg_catalog.sum(requests) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE status BETWEEN 400 AND 499), 0) AS refused,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)), 0) AS failed,
            pg_catalog.count(*) AS lines,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration) AS p
        FROM (
            SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), created_at, 'epoch') AS at, requests, status, error_code, duration
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at
    ) AS counted USING (at)
    CROSS JOIN (SELECT extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s')) AS seconds) AS each
    ORDER BY at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_rate" IS
'Since when? Requests per second, the shares that were refused (status 400 to 499) and that failed (500 and above, or an error beside a status below 400) in percent, and percentiles, for every step of the window (a 60th of it unless given, and at least a second; days are UTC). The window cuts off the first and the last step. Percentiles are of lines, the rest of requests. [canonical_line 938b73ac]';

-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none. DISTINCT tells the planner how few steps there are.
CREATE FUNCTION "public"."canonical_api_line_heatmap"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    faster_than interval,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, bucket, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), created_at, 'epoch') AS at, pg_catalog.width_bucket(duration, '{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]) AS bucket, requests
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at, bucket
    )
    SELECT at, ('{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[])[bucket + 1], pg_catalog.round(coalesce(requests, 0))::bigint
    FROM (SELECT at FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s')
        ) AS steps (at)
    ) AS steps (at) UNION SELECT DISTINCT at FROM cells) AS steps
    CROSS JOIN pg_catalog.generate_series(0, pg_catalog.cardinality('{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[])) AS bounds (bucket)
    LEFT JOIN cells USING (at, bucket)
    ORDER BY at, bucket;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_heatmap" IS
'How are durations spread? The requests of every step of the window (a 60th of it unless given, and at least a second; days are UTC) by the upper bound of their duration, zeros included; NULL stands for 50 s and above. [canonical_line ede7c4a7]';

-- One pass reads both windows.
CREATE FUNCTION "public"."canonical_api_line_changes"(
    recent interval DEFAULT '1 hour',
    before interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    change text,
    times numeric,
    few_lines boolean,
    service_name text,
    http_method text,
    http_route text,
    p95_before interval,
    p95_recent interval,
    percent_failed_before numeric,
    percent_failed_recent numeric,
    lines_before bigint,
    lines_recent bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE WHEN worse_failing > worse_slower THEN 'failing' ELSE 'slower' END,
        pg_catalog.round(greatest(worse_slower, worse_failing)::numeric, 1),
        least(lines_before, lines_recent) < 100,
        service_name,
        http_method,
        http_route,
        p95_before,
        p95_recent,
        pg_catalog.round((failed_before)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(failed_before, 0))))::integer)),
        pg_catalog.round((failed_recent)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(failed_recent, 0))))::integer)),
        lines_before,
        lines_recent
    FROM (
        SELECT
            *,
            coalesce(extract(epoch FROM p95_recent) / nullif(extract(epoch FROM p95_before), 0), 0) AS worse_slower,
            (1 + coalesce(failed_recent, 0)) / (1 + coalesce(failed_before, 0)) AS worse_failing
        FROM (
            SELECT
                http_route,
                http_method,
                service_name,
                pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) FILTER (WHERE NOT is_recent) AS p95_before,
                pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) FILTER (WHERE is_recent) AS p95_recent,
                100 * coalesce(pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL) AND NOT is_recent), 0)
                / nullif(pg_catalog.sum(requests) FILTER (WHERE NOT is_recent), 0) AS failed_before,
                100 * coalesce(pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL) AND is_recent), 0)
                / nullif(pg_catalog.sum(requests) FILTER (WHERE is_recent), 0) AS failed_recent,
                pg_catalog.count(*) FILTER (WHERE NOT is_recent) AS lines_before,
                pg_catalog.count(*) FILTER (WHERE is_recent) AS lines_recent
            FROM (
                SELECT *, created_at > ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC' AS is_recent
                FROM "public"."canonical_api_line_window"(recent + before, until, service, method, route)
            ) AS lines
            GROUP BY http_route, http_method, service_name
        ) AS routes
    ) AS compared
    WHERE worse_slower >= 1.2 OR worse_failing >= 1.2
    ORDER BY 3, 2 DESC, lines_recent DESC, 5, 6, 4;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_changes" IS
'What got slower, or started to fail? Each route whose 95th percentile, or whose share of failures (status 500 and above, or an error beside a status below 400; in percent, plus one), grew by a fifth or more from the window before to the recent one; the largest change first. few_lines marks a change that rests on fewer than 100 lines in either window; those come last. [canonical_line 863b168c]';

CREATE FUNCTION "public"."canonical_api_line_errors"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    status integer,
    service_name text,
    http_method text,
    http_route text,
    error_code text,
    error_cause text,
    requests bigint,
    accounts bigint,
    first_at timestamptz,
    last_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        status,
        service_name,
        http_method,
        http_route,
        error_code,
        error_cause,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.count(DISTINCT coalesce(account_id, account_email)),
        pg_catalog.min(created_at),
        pg_catalog.max(created_at)
    FROM "public"."canonical_api_line_window"(since, until, service, method, route)
    WHERE status >= 400 OR error_code IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY (status >= 500 OR status < 400 AND error_code IS NOT NULL) DESC, 7 DESC, 1, 2, 3, 4, 5, 6;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_errors" IS
'What goes wrong, where, since when and for how many accounts? Failures (status 500 and above, or an error beside a status below 400, as GraphQL has) come first, then the most frequent. [canonical_line ad44761c]';

-- Each kind of error has a number by its frequency, and those beyond top share the next one.
-- LIMIT drops nothing: it and DISTINCT tell the planner how few kinds and steps there are.
CREATE FUNCTION "public"."canonical_api_line_failures"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL,
    top integer DEFAULT 10
) RETURNS TABLE (
    at timestamptz,
    status integer,
    error text,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH counted AS (
        SELECT
            at,
            kind,
            CASE WHEN kind > top THEN NULL ELSE status END AS status,
            CASE WHEN kind > top THEN NULL ELSE error END AS error,
            pg_catalog.sum(requests) AS requests
        FROM (
            SELECT *, least(pg_catalog.dense_rank() OVER (ORDER BY of_all DESC, status, error), top + 1) AS kind
            FROM (
                SELECT *, pg_catalog.sum(requests) OVER (PARTITION BY status, error) AS of_all
                FROM (
                    SELECT at, status, error, pg_catalog.sum(requests) AS requests
                    FROM (
                        SELECT
                            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), created_at, 'epoch') AS at,
                            status,
                            coalesce(error_code, pg_catalog.left(error_cause, 100)) AS error,
                            requests
                        FROM "public"."canonical_api_line_window"(since, until, service, method, route)
                        WHERE status >= 400 OR error_code IS NOT NULL
                        OFFSET bigint '0'
                    ) AS lines
                    GROUP BY at, status, error
                ) AS steps
            ) AS summed
        ) AS ranked
        GROUP BY 1, 2, 3, 4
    )
    SELECT at, kinds.status, kinds.error, pg_catalog.round(coalesce(requests, 0))::bigint
    FROM (SELECT at FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => extract(epoch FROM since)::double precision / 60)), '1 s')
        ) AS steps (at)
    ) AS steps (at) UNION SELECT DISTINCT at FROM counted) AS steps
    LEFT JOIN (SELECT DISTINCT kind, status, error FROM counted LIMIT top + 1) AS kinds ON true
    LEFT JOIN counted USING (at, kind)
    ORDER BY 1, 4 DESC, 2, 3;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_failures" IS
'What broke when? Requests with a status of 400 and above, or with an error, by error, for every step of the window (a 60th of it unless given, and at least a second; days are UTC), zeros included. Errors beyond the top most frequent ones are counted together, under neither status nor error, as is a window without any. [canonical_line e5c2288a]';

-- The slowest lines are found first, so that only their statistics are read.
CREATE FUNCTION "public"."canonical_api_line_slowest"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    own interval,
    database interval,
    waiting interval,
    outgoing interval,
    queries numeric,
    account text,
    request_id uuid,
    trace_id text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        created_at,
        service_name,
        http_method,
        http_path,
        status,
        duration,
        (CASE pg_catalog.jsonb_typeof(statistics -> 'self_duration'::text) WHEN 'number' THEN (statistics -> 'self_duration'::text)::numeric END)::double precision * interval '1 s',
        (CASE pg_catalog.jsonb_typeof(statistics -> 'db_duration'::text) WHEN 'number' THEN (statistics -> 'db_duration'::text)::numeric END)::double precision * interval '1 s',
        (CASE pg_catalog.jsonb_typeof(statistics -> 'db_acquire_duration'::text) WHEN 'number' THEN (statistics -> 'db_acquire_duration'::text)::numeric END)::double precision * interval '1 s',
        (
            coalesce(CASE pg_catalog.jsonb_typeof(statistics -> 'http_duration'::text) WHEN 'number' THEN (statistics -> 'http_duration'::text)::numeric END, 0)
            + coalesce(CASE pg_catalog.jsonb_typeof(statistics -> 'rpc_duration'::text) WHEN 'number' THEN (statistics -> 'rpc_duration'::text)::numeric END, 0)
            + coalesce(CASE pg_catalog.jsonb_typeof(statistics -> 'messaging_duration'::text) WHEN 'number' THEN (statistics -> 'messaging_duration'::text)::numeric END, 0)
            + coalesce(CASE pg_catalog.jsonb_typeof(statistics -> 'other_duration'::text) WHEN 'number' THEN (statistics -> 'other_duration'::text)::numeric END, 0)
        )::double precision * interval '1 s',
        CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END,
        coalesce(account_email, account_id),
        request_id,
        trace_id
    FROM (
        SELECT *
        FROM "public"."canonical_api_line_window"(since, until, service, method, route)
        ORDER BY duration DESC
        LIMIT top
    ) AS slowest
    ORDER BY duration DESC, created_at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_slowest" IS
'Which requests were slowest, and where did their time go? own is the time in which no outgoing call was running; waiting is for a database connection; database and outgoing (HTTP, RPC, messages and other calls) are sums, so they can exceed the duration if calls ran in parallel. [canonical_line f58d0953]';

-- Lines of one weight are added up first, so that the weight is applied to sums and not to
-- each line. Numbers in jsonb are numeric and are added up as such: converting each would
-- take longer than everything else.
CREATE FUNCTION "public"."canonical_api_line_costs"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    queries numeric,
    queries_each numeric,
    busy interval,
    percent_busy numeric,
    percent_own numeric,
    percent_database numeric,
    percent_waiting numeric,
    percent_outgoing numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        service_name,
        http_method,
        http_route,
        requests::bigint,
        pg_catalog.round(queries),
        pg_catalog.round(queries / nullif(requests, 0), 1),
        busy,
        pg_catalog.round((100 * seconds / nullif(pg_catalog.sum(seconds) OVER (), 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * seconds / nullif(pg_catalog.sum(seconds) OVER (), 0), 0))))::integer)),
        pg_catalog.round((100 * own / nullif(seconds, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * own / nullif(seconds, 0), 0))))::integer)),
        pg_catalog.round((100 * database / nullif(seconds, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * database / nullif(seconds, 0), 0))))::integer)),
        pg_catalog.round((100 * waiting / nullif(seconds, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * waiting / nullif(seconds, 0), 0))))::integer)),
        pg_catalog.round((100 * outgoing / nullif(seconds, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * outgoing / nullif(seconds, 0), 0))))::integer))
    FROM (
        SELECT
            service_name,
            http_method,
            http_route,
            pg_catalog.sum(lines * requests)::numeric AS requests,
            pg_catalog.sum(busy * requests) AS busy,
            extract(epoch FROM pg_catalog.sum(busy * requests)) AS seconds,
            coalesce(pg_catalog.sum(queries * requests::numeric), 0) AS queries,
            coalesce(pg_catalog.sum(own * requests::numeric), 0) AS own,
            coalesce(pg_catalog.sum(database * requests::numeric), 0) AS database,
            coalesce(pg_catalog.sum(waiting * requests::numeric), 0) AS waiting,
            coalesce(pg_catalog.sum(http * requests::numeric), 0)
            + coalesce(pg_catalog.sum(rpc * requests::numeric), 0)
            + coalesce(pg_catalog.sum(messaging * requests::numeric), 0)
            + coalesce(pg_catalog.sum(other * requests::numeric), 0) AS outgoing
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END) AS queries,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'self_duration'::text) WHEN 'number' THEN (statistics -> 'self_duration'::text)::numeric END) AS own,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_duration'::text) WHEN 'number' THEN (statistics -> 'db_duration'::text)::numeric END) AS database,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_acquire_duration'::text) WHEN 'number' THEN (statistics -> 'db_acquire_duration'::text)::numeric END) AS waiting,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'http_duration'::text) WHEN 'number' THEN (statistics -> 'http_duration'::text)::numeric END) AS http,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'rpc_duration'::text) WHEN 'number' THEN (statistics -> 'rpc_duration'::text)::numeric END) AS rpc,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'messaging_duration'::text) WHEN 'number' THEN (statistics -> 'messaging_duration'::text)::numeric END) AS messaging,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'other_duration'::text) WHEN 'number' THEN (statistics -> 'other_duration'::text)::numeric END) AS other
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            GROUP BY service_name, http_method, http_route, requests
        ) AS weights
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_costs" IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, and percent_busy the route''s share of that. The other shares are of the route''s own time and can exceed 100 if calls ran in parallel. [canonical_line 37151cf4]';

-- Only lines that repeat a statement have db_max_repeat. The other statistics are read only
-- where it is high.
CREATE FUNCTION "public"."canonical_api_line_n_plus_one"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    repeats integer DEFAULT 10
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    statement text,
    requests bigint,
    lines bigint,
    typical_repeat numeric,
    highest_repeat numeric,
    queries numeric,
    in_database interval
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        service_name,
        http_method,
        http_route,
        statistics ->> 'db_max_repeat_query'::text,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.count(*),
        pg_catalog.percentile_disc(0.5) WITHIN GROUP (ORDER BY CASE pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) WHEN 'number' THEN (statistics -> 'db_max_repeat'::text)::numeric END),
        pg_catalog.max(CASE pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) WHEN 'number' THEN (statistics -> 'db_max_repeat'::text)::numeric END),
        pg_catalog.round(pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END * requests::numeric)),
        pg_catalog.sum((CASE pg_catalog.jsonb_typeof(statistics -> 'db_duration'::text) WHEN 'number' THEN (statistics -> 'db_duration'::text)::numeric END)::double precision * requests) * interval '1 s'
    FROM "public"."canonical_api_line_window"(since, until, service, method, route)
    WHERE statistics -> 'db_max_repeat'::text >= pg_catalog.to_jsonb(repeats)
        AND pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) = 'number'
    GROUP BY 1, 2, 3, 4
    ORDER BY 9 DESC NULLS LAST, 1, 2, 3, 4;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_n_plus_one" IS
'Which route runs one statement for each row (N+1)? Requests that ran one statement at least repeats times, grouped by that statement, with all their queries and the time spent in them; the most queries first. [canonical_line 2fa3c3ad]';

-- Lines are first added up once, in parallel, for each combination of the three kinds of
-- caller and of the weight. The sums are then added up for each kind.
CREATE FUNCTION "public"."canonical_api_line_callers"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    top integer DEFAULT 10
) RETURNS TABLE (
    kind text,
    caller text,
    requests bigint,
    percent_requests numeric,
    busy interval,
    refused bigint,
    failed bigint,
    last_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        kind,
        caller,
        pg_catalog.round(requests)::bigint,
        pg_catalog.round((100 * requests / nullif(of_all, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * requests / nullif(of_all, 0), 0))))::integer)),
        busy,
        pg_catalog.round(refused)::bigint,
        pg_catalog.round(failed)::bigint,
        last_at
    FROM (
        SELECT
            CASE WHEN grouping(account_id) = 0 THEN 'account' WHEN grouping(ip) = 0 THEN 'address' ELSE 'user agent' END AS kind,
            CASE WHEN grouping(account_id) = 0 THEN coalesce(pg_catalog.max(account_email), account_id)
                WHEN grouping(ip) = 0 THEN pg_catalog.host(ip) ELSE user_agent END AS caller,
            pg_catalog.sum(lines * requests) AS requests,
            pg_catalog.sum(busy * requests) AS busy,
            pg_catalog.sum(refused * requests) AS refused,
            pg_catalog.sum(failed * requests) AS failed,
            pg_catalog.max(last_at) AS last_at,
            pg_catalog.sum(pg_catalog.sum(lines * requests)) OVER (PARTITION BY grouping(account_id, ip)) AS of_all,
            pg_catalog.row_number() OVER by_load AS by_load,
            pg_catalog.row_number() OVER by_errors AS by_errors
        FROM (
            SELECT
                account_id,
                CASE WHEN account_id IS NULL THEN account_email END AS instead_of_id,
                pg_catalog.max(account_email) AS account_email,
                ip,
                user_agent,
                requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS refused,
                pg_catalog.count(*) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)) AS failed,
                pg_catalog.max(created_at) AS last_at
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            GROUP BY account_id, instead_of_id, ip, user_agent, requests
        ) AS combinations
        GROUP BY GROUPING SETS ((account_id, instead_of_id), ip, user_agent)
        WINDOW
            by_load AS (PARTITION BY grouping(account_id, ip) ORDER BY pg_catalog.sum(lines * requests) DESC, account_id NULLS LAST),
            by_errors AS (PARTITION BY grouping(account_id, ip) ORDER BY pg_catalog.sum((refused + failed) * requests) DESC, account_id NULLS LAST)
    ) AS callers
    WHERE by_load <= top OR by_errors <= top AND refused + failed > 0
    ORDER BY kind, requests DESC, caller;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_callers" IS
'Who hammers us, and for whom does it fail? The accounts, addresses and user agents with the most requests and those with the most errors (refused: status 400 to 499, failed: 500 and above, or an error beside a status below 400); busy is how long their requests ran in all. An account is shown by its mail address if it has one; NULL stands for requests without the value. [canonical_line 3f0efa8b]';

-- Bounds come from the catalogue, as in internal/partition/partitions.sql. Between the
-- partitions there are only lines of a DEFAULT partition. A table whose partitions are not
-- ranges of created_at alone, or that has none, is one piece.
CREATE FUNCTION "public"."canonical_api_line_partitions"() RETURNS TABLE (
    since timestamptz,
    until timestamptz,
    partition text,
    indexed text[]
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH RECURSIVE lines AS (
        SELECT c.oid, coalesce(pg_catalog.pg_get_partkeydef(c.oid) = 'RANGE (created_at)' AND a.atttypid = 'timestamptz'::regtype, false) AS by_time
        FROM pg_catalog.pg_class AS c
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'created_at'
        WHERE c.oid = pg_catalog.to_regclass('"public"."canonical_api_line"')
    ),
    child AS (
        SELECT i.inhrelid AS oid, pg_catalog.pg_get_expr(c.relpartbound, 0) AS bound
        FROM lines
        JOIN pg_catalog.pg_inherits AS i ON i.inhparent = lines.oid AND lines.by_time AND NOT i.inhdetachpending
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
    ),
    ranged AS (
        SELECT
            child.oid,
            (CASE bounds[1] WHEN 'MINVALUE' THEN '-infinity' ELSE pg_catalog.btrim(bounds[1], '''') END)::timestamptz AS since,
            (CASE bounds[2] WHEN 'MAXVALUE' THEN 'infinity' ELSE pg_catalog.btrim(bounds[2], '''') END)::timestamptz AS until
        FROM child
        CROSS JOIN LATERAL pg_catalog.regexp_match(
            child.bound, '^FOR VALUES FROM \((MINVALUE|''[^'']*'')\) TO \((MAXVALUE|''[^'']*'')\)$'
        ) AS bounds
        WHERE bounds IS NOT NULL
    ),
    piece AS (
        SELECT cut.at AS since, pg_catalog.lead(cut.at) OVER (ORDER BY cut.at) AS until
        FROM (
            SELECT ranged.since FROM ranged
            UNION SELECT ranged.until FROM ranged
            UNION SELECT '-infinity'::timestamptz
            UNION SELECT 'infinity'::timestamptz
        ) AS cut (at)
    ),
    placed AS (
        SELECT piece.since, piece.until, coalesce(
            ranged.oid,
            (SELECT child.oid FROM child WHERE child.bound = 'DEFAULT'),
            (SELECT lines.oid FROM lines WHERE NOT lines.by_time)
        ) AS oid
        FROM piece
        LEFT JOIN ranged ON ranged.since = piece.since AND ranged.until = piece.until
        WHERE piece.until IS NOT NULL
    ),
    tree AS (
        SELECT DISTINCT placed.oid AS root, placed.oid FROM placed
        UNION ALL
        SELECT tree.root, i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.oid
    ),
    leaf AS (
        SELECT tree.root, tree.oid, pg_catalog.count(*) OVER (PARTITION BY tree.root) AS leaves
        FROM tree
        JOIN pg_catalog.pg_class AS c ON c.oid = tree.oid AND c.relkind <> 'p'
    ),
    served AS (
        SELECT leaf.root, a.attname::text AS name
        FROM leaf
        JOIN pg_catalog.pg_index AS x ON x.indrelid = leaf.oid AND x.indisvalid AND x.indpred IS NULL
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = leaf.oid AND a.attnum = x.indkey[0]
        JOIN pg_catalog.pg_opclass AS o ON o.oid = x.indclass[0]
        JOIN pg_catalog.pg_am AS am ON am.oid = o.opcmethod
        WHERE am.amname IN ('btree', 'hash') OR am.amname = 'brin' AND o.opcname LIKE '%\_bloom\_ops'
        GROUP BY leaf.root, a.attname, leaf.leaves
        HAVING pg_catalog.count(DISTINCT leaf.oid) = leaf.leaves
    )
    SELECT
        placed.since,
        placed.until,
        placed.oid::regclass::text,
        ARRAY(SELECT served.name FROM served WHERE served.root = placed.oid ORDER BY served.name)
    FROM placed
    WHERE placed.oid IS NOT NULL
    ORDER BY placed.since DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_partitions" IS
'Which partitions are there, and by which columns do indexes find lines in them? The latest first. [canonical_line b0dc7aff]';

-- Goes through the partitions one by one, the newest first, and stops once it has enough; one
-- query over all of them would read all. It looks where an index serves, and reads what has
-- none only if that finds nothing.
--
-- It reads the table and not its partitions: who asks may have a privilege on the table alone,
-- and its policies apply. The bounds of a partition leave only that one.
--
-- To the planner a sparse index is never worth more than reading everything if values are not
-- in the order of the table, so the function forbids other ways where an index serves. The
-- primary key would be one, with an entry for each line of a partition: the price of an entry
-- keeps the planner from it, and so does a window that it does not recognise. Neither JIT nor
-- workers are worth their start. All of these settings end with the function.
CREATE FUNCTION "public"."canonical_api_line_look_up"(
    value text,
    columns text[],
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    found_in text,
    line json
)
LANGUAGE plpgsql STABLE ROWS 20
SET search_path = pg_catalog, pg_temp
SET jit = off
SET max_parallel_workers_per_gather = 0
SET enable_seqscan = on
SET enable_bitmapscan = on
SET enable_indexscan = on
SET cpu_index_tuple_cost = 0.005
AS $answer$
#variable_conflict use_column
DECLARE
    lines CONSTANT regclass := '"public"."canonical_api_line"';
    -- An Idempotency-Key may stand in double quotes.
    given CONSTANT text := btrim(btrim(value), '"');
    hex CONSTANT text := lower(replace(given, '-', ''));
    bits bit varying := '';
    letter text;
    as_uuid uuid;
    as_inet inet;
    opens CONSTANT timestamptz := coalesce(((coalesce(until, now()) AT TIME ZONE 'UTC') - since) AT TIME ZONE 'UTC', '-infinity');
    closes CONSTANT timestamptz := coalesce(until, 'infinity');
    said timestamptz;
    windows tstzrange[] := ARRAY[tstzrange(opens, closes)];
    within tstzrange;
    names text[];
    tests text[];
    known boolean[];
    by_index boolean;
    part record;
    condition text;
    answer text;
    newest text;
    looked bigint := 0;
    matched bigint;
    found_now bigint;
    found_all bigint := 0;
BEGIN
    IF hex ~ '^[0-9a-f]{32}$' THEN
        as_uuid := hex::uuid;
    ELSIF given ~* '^[0-7][0-9a-hjkmnp-tv-z]{25}$' THEN
        -- A ULID: 26 letters of 5 bits, of which the first two are zero.
        FOREACH letter IN ARRAY string_to_array(upper(given), NULL) LOOP
            bits := bits || (strpos('0123456789ABCDEFGHJKMNPQRSTVWXYZ', letter) - 1)::bit(5);
        END LOOP;
        SELECT string_agg(to_hex(substring(bits FROM 3 + 4 * digit FOR 4)::bit(4)::integer), '' ORDER BY digit)::uuid
        INTO as_uuid
        FROM generate_series(0, 31) AS digits (digit);
    END IF;
    IF given ~* '^[0-9a-f.:]*[.:][0-9a-f.:]*(/[0-9]+)?$' THEN
        BEGIN
            as_inet := given::inet;
        EXCEPTION WHEN data_exception THEN
            NULL; -- it only looked like an address
        END;
    END IF;

    IF as_uuid IS NOT NULL THEN
        -- The time in a ULID, in a UUID of version 7 and in the id of a line.
        said := timestamptz 'epoch' + ('x' || left(replace(as_uuid::text, '-', ''), 12))::bit(48)::bigint * interval '1 ms';
        IF columns IS NULL OR 'id' = ANY (columns) THEN
            RETURN QUERY EXECUTE format(
                'SELECT found.created_at, ''id'', to_json(found.*) FROM %s AS found
                WHERE found.created_at >= $2 AND found.created_at < $3 AND found.created_at > $4 AND found.created_at <= $5 AND found.id = $1',
                lines
            ) USING as_uuid, said - interval '1 ms', said + interval '2 ms', opens, closes; -- gen_ulid() rounds
            IF FOUND THEN
                RETURN;
            END IF;
        END IF;
        -- A request ends after its id was made. Clocks differ; the whole window comes next.
        IF said > opens AND said < least(closes, now() + interval '1 day') THEN
            windows := tstzrange(greatest(opens, said - interval '10 min'), least(closes, said + interval '1 hour')) || windows;
        END IF;
    END IF;

    -- The columns that can hold the value, and how. Those that are known are looked at whether
    -- they have an index or not.
    SELECT array_agg(name), array_agg(test), array_agg(columns IS NOT NULL OR name = ANY (
        '{request_id,trace_id,span_id,account_id,account_email,idempotency_key,http_path,ip}'
    ))
    INTO names, tests, known
    FROM (
        SELECT attname::text AS name, format(CASE
            WHEN attname = 'trace_id' THEN CASE
                WHEN as_uuid IS NOT NULL OR hex ~ '^[0-9a-f]{16}$' THEN 'found.%1$I = $2'
            END
            WHEN attname = 'span_id' THEN CASE WHEN hex ~ '^[0-9a-f]{16}$' THEN 'found.%1$I = $3' END
            WHEN attname ~ 'email$' AND strpos(given, '@') = 0 OR attname ~ 'path$' AND NOT starts_with(given, '/') THEN NULL
            WHEN atttypid = 'uuid'::regtype THEN CASE WHEN as_uuid IS NOT NULL THEN 'found.%1$I = $1' END
            WHEN atttypid = 'inet'::regtype THEN CASE
                WHEN masklen(as_inet) = masklen(host(as_inet)::inet) THEN 'found.%1$I = $5'
                WHEN as_inet IS NOT NULL THEN 'found.%1$I <<= $5'
            END
            WHEN atttypid = 'bigint'::regtype THEN CASE WHEN given ~ '^[0-9]{1,18}$' THEN 'found.%1$I = $4::bigint' END
            WHEN atttypid = 'integer'::regtype THEN CASE WHEN given ~ '^[0-9]{1,9}$' THEN 'found.%1$I = $4::integer' END
            WHEN atttypid NOT IN ('text'::regtype, 'varchar'::regtype) THEN NULL
            WHEN lower(given) = given THEN 'found.%1$I = $4'
            ELSE 'found.%1$I = $4 OR found.%1$I = lower($4)'
        END, attname) AS test
        FROM pg_attribute
        WHERE attrelid = lines AND attnum > 0 AND NOT attisdropped AND (columns IS NULL OR attname = ANY (columns))
    ) AS tested
    WHERE test <> '' AND name <> 'id';

    FOREACH within IN ARRAY windows LOOP
        FOREACH by_index IN ARRAY ARRAY[true, false] LOOP
            FOR part IN
                SELECT since, until, indexed
                FROM "public"."canonical_api_line_partitions"()
                WHERE until >= lower(within) AND since <= upper(within)
            LOOP
                SELECT
                    string_agg(test, ' OR '),
                    format('SELECT found.created_at, concat_ws('', '', %s), to_json(found.*) FROM ', string_agg(format('CASE WHEN %s THEN %L END', test, name), ', '))
                INTO condition, answer
                FROM unnest(names, tests, known) AS tested (name, test, known)
                WHERE (name = ANY (part.indexed) AND strpos(test, '<<=') = 0) = by_index AND (by_index OR known);
                CONTINUE WHEN condition IS NULL;

                IF by_index AND looked = 0 AND top IS NOT NULL THEN
                    -- What is frequent stands in the newest lines often enough.
                    PERFORM set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
                        set_config('enable_indexscan', 'on', true), set_config('cpu_index_tuple_cost', '0.005', true);
                    newest := format(
                        '(SELECT * FROM %s AS line WHERE line.created_at >= $6 AND line.created_at < $7 AND line.created_at > $8 AND line.created_at <= $9
                        ORDER BY line.created_at DESC LIMIT 10000) AS found', lines
                    );
                    EXECUTE format('SELECT count(*), count(*) FILTER (WHERE %s) FROM %s', condition, newest)
                        INTO looked, matched
                        USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within);
                    IF matched >= top THEN
                        RETURN QUERY EXECUTE format('%s %s WHERE %s ORDER BY found.created_at DESC LIMIT $10', answer, newest, condition)
                            USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within), top;
                        RETURN;
                    END IF;
                END IF;

                PERFORM set_config('enable_seqscan', CASE WHEN by_index THEN 'off' ELSE 'on' END, true),
                    set_config('enable_bitmapscan', 'on', true),
                    set_config('enable_indexscan', CASE WHEN by_index THEN 'off' ELSE 'on' END, true),
                    set_config('cpu_index_tuple_cost', CASE WHEN by_index THEN '1000' ELSE '0.005' END, true);
                RETURN QUERY EXECUTE format(
                    '%s %s AS found WHERE (%s) AND found.created_at >= $6 AND found.created_at < $7 AND %s ORDER BY found.created_at DESC LIMIT $10',
                    answer, lines, condition, CASE
                        WHEN by_index THEN 'timezone(''UTC'', found.created_at) > timezone(''UTC'', $8) AND timezone(''UTC'', found.created_at) <= timezone(''UTC'', $9)'
                        ELSE 'found.created_at > $8 AND found.created_at <= $9'
                    END
                ) USING as_uuid, lpad(hex, 32, '0'), hex, given, as_inet, part.since, part.until, lower(within), upper(within), top - found_all;
                GET DIAGNOSTICS found_now = ROW_COUNT;
                found_all := found_all + found_now;
                IF found_all >= top THEN
                    RETURN;
                END IF;
            END LOOP;
            IF found_all > 0 THEN
                RETURN;
            END IF;
        END LOOP;
    END LOOP;
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_look_up" IS
'In which lines does a value stand? The latest lines, at most top of them (NULL: all), each with the columns that hold the value; columns says where to look, NULL means wherever it fits. For questions of your own. [canonical_line 8dda5ae1]';

CREATE FUNCTION "public"."canonical_api_line_find"(
    value text,
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    found_in text,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    error text,
    account text,
    request_id text,
    trace_id text
)
LANGUAGE sql STABLE ROWS 20
BEGIN ATOMIC
    SELECT
        at,
        found_in,
        line ->> 'service_name'::text,
        line ->> 'http_method'::text,
        line ->> 'http_path'::text,
        (line ->> 'status'::text)::integer,
        (line ->> 'duration'::text)::interval,
        coalesce(
            line ->> 'api_error_code'::text, line ->> 'api_error_cause'::text,
            line ->> 'api_error_message'::text, line ->> 'api_error_internal_code'::text
        ),
        coalesce(line ->> 'account_email'::text, line ->> 'account_id'::text),
        line ->> 'request_id'::text,
        line ->> 'trace_id'::text
    FROM "public"."canonical_api_line_look_up"(value, NULL, since, until, top)
    ORDER BY at DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_find" IS
'Where does this stand? The latest lines with a request id, a trace id or span id, an idempotency key, an account''s id or mail address, a client''s address or network, or a path; found_in says in which column. since NULL means all that the table holds. Columns without an index are read only if those with one have nothing. [canonical_line b9b2f517]';

CREATE FUNCTION "public"."canonical_api_line_account"(
    who text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 1000
) RETURNS TABLE (
    at timestamptz,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    error text,
    request_id uuid,
    trace_id text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        at,
        line ->> 'service_name'::text,
        line ->> 'http_method'::text,
        line ->> 'http_path'::text,
        (line ->> 'status'::text)::integer,
        (line ->> 'duration'::text)::interval,
        coalesce(
            line ->> 'api_error_code'::text, line ->> 'api_error_cause'::text,
            line ->> 'api_error_message'::text, line ->> 'api_error_internal_code'::text
        ),
        (line ->> 'request_id'::text)::uuid,
        line ->> 'trace_id'::text
    FROM "public"."canonical_api_line_look_up"(who, ARRAY['account_id', 'account_email', 'ip']::text[], since, until, top)
    ORDER BY at DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_account" IS
'What did this customer see? The requests of an account (its id or mail address) or of a client''s IP address, the latest first, at most top of them (NULL: all). [canonical_line c538104c]';

-- json keeps the order of columns, unlike jsonb. Each of the statistics becomes a field.
CREATE FUNCTION "public"."canonical_api_line_request"(
    id text,
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    field text,
    value text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT found.at, field.key, field.value
    FROM "public"."canonical_api_line_look_up"(id, ARRAY['request_id', 'trace_id']::text[], since, until, NULL) AS found
    CROSS JOIN LATERAL (
        SELECT columns.key, columns.value, columns.n
        FROM pg_catalog.json_each_text(found.line) WITH ORDINALITY AS columns (key, value, n)
        WHERE columns.key <> 'statistics'
        UNION ALL
        SELECT pg_catalog.concat('statistics.'::text, statistics.key), statistics.value, 1000::bigint + statistics.n
        FROM pg_catalog.jsonb_each_text(
            CASE pg_catalog.json_typeof(found.line -> 'statistics'::text) WHEN 'object' THEN (found.line -> 'statistics'::text)::jsonb END
        ) WITH ORDINALITY AS statistics (key, value, n)
    ) AS field
    WHERE field.value IS NOT NULL
    ORDER BY found.at, found.line ->> 'id'::text, field.n;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_request" IS
'What happened in this request? All fields of the lines with this request id or trace id, one per row; a trace over several services has several lines. [canonical_line 05912e93]';

-- A function that the exporter created says so at the end of its comment. This function
-- finds the others by the start of its own name.
CREATE FUNCTION "public"."canonical_api_line_questions"() RETURNS TABLE (
    question text,
    function text,
    arguments text,
    explanation text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        substring(explained.text FROM '^[^?.]*[?.]'),
        p.proname::text,
        pg_catalog.pg_get_function_arguments(p.oid),
        explained.text
    FROM pg_catalog.pg_proc AS own
    JOIN pg_catalog.pg_proc AS p
        ON p.pronamespace = own.pronamespace
        AND pg_catalog.starts_with(p.proname::text, pg_catalog.left(own.proname::text, -pg_catalog.length('questions')))
    JOIN pg_catalog.pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass::oid
    CROSS JOIN LATERAL (SELECT pg_catalog.left(d.description, pg_catalog.strpos(d.description, ' [canonical_line ') - 1)) AS explained (text)
    WHERE own.oid = pg_catalog.to_regproc('"public"."canonical_api_line_questions"')::oid
        AND pg_catalog.strpos(d.description, ' [canonical_line ') > 0
    ORDER BY p.oid;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_questions" IS
'What can I ask? These functions with their questions and arguments. [canonical_line 333ee1dc]';

RESET search_path;
