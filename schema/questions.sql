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
        '"public"."canonical_api_line_kept"',
        '"public"."canonical_api_line_past"',
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
        '"public"."canonical_api_line_account"',
        '"public"."canonical_api_line_request"',
        '"public"."canonical_api_line_history"',
        '"public"."canonical_api_line_compare"',
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

-- Called IMMUTABLE, so that the planner asks and then plans one way to answer, not two. Whether there
-- is a history changes once: a plan that was made before goes on counting lines.
CREATE FUNCTION "public"."canonical_api_line_kept"() RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(pg_catalog.has_table_privilege(pg_catalog.to_regclass('"public"."canonical_api_line_built"')::oid, 'SELECT'), false);
END;
COMMENT ON FUNCTION "public"."canonical_api_line_kept" IS
'Is there a history, for longer windows to be answered from? [canonical_line e2193b5a]';

-- What a window comes to, from history wherever it holds whole days or hours, and from the lines
-- elsewhere: at the ends of the window, after the last hour that is built, and where hours have to
-- be built again. Days serve if the steps are days.
--
-- It is PL/pgSQL because only that lets the tables of history be missing until it is called, and
-- says what to read before it reads. step is NULL for the whole window, which has no time then;
-- otherwise it is made of whole hours. by_route leaves out what tells routes apart, and
-- with_statistics reads the statistics of lines, which takes most of the time.
CREATE FUNCTION "public"."canonical_api_line_past"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL,
    by_route boolean DEFAULT true,
    with_statistics boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    service_name text,
    http_method text,
    http_route text,
    bucket integer,
    n numeric,
    lines bigint,
    slowest interval,
    requests numeric,
    refused numeric,
    failed numeric,
    instant numeric,
    slow numeric,
    busy numeric,
    queries numeric,
    own numeric,
    database numeric,
    waiting numeric,
    outgoing numeric
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10000
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '32MB'
SET plan_cache_mode = force_custom_plan
AS $answer$
#variable_conflict use_column
DECLARE
    instant CONSTANT interval := '1 us';
    lower CONSTANT timestamptz := ((coalesce($2, now()) AT TIME ZONE 'UTC') - $1) AT TIME ZONE 'UTC';
    upper CONSTANT timestamptz := coalesce($2, 'infinity');
    daily CONSTANT boolean := $6 IS NULL OR date_part('epoch', $6)::numeric % 86400 = 0;
    built timestamptz;
    frozen timestamptz;
    -- The whole hours of the window that are built, and the whole days.
    first_hour timestamptz := date_bin('1 hour', lower - instant, 'epoch') + interval '1 hour';
    end_hour timestamptz;
    first_day timestamptz;
    end_day timestamptz;
    -- Hours that have to be built again, and days that these or a mark of their own belong to.
    marked timestamptz[];
    marked_days timestamptz[];
    -- The ends of the times of which lines are read. The start is not part of them.
    starts timestamptz[];
    ends timestamptz[];
BEGIN
    -- Without history built is NULL, and so is end_hour.
    IF to_regclass('"public"."canonical_api_line_built"') IS NOT NULL THEN
        SELECT state.until, state.frozen INTO built, frozen FROM "public"."canonical_api_line_built" AS state;
    END IF;
    -- The window is open at its start: a line of the first instant does not belong to it.
    IF first_hour = lower AND EXISTS (SELECT FROM "public"."canonical_api_line" WHERE created_at = lower) THEN
        first_hour := first_hour + interval '1 hour';
    END IF;
    end_hour := CASE WHEN built IS NOT NULL THEN date_bin('1 hour', least(built, upper), 'epoch') END;
    IF first_hour < end_hour THEN
        marked := ARRAY(
            SELECT DISTINCT mark.at
            FROM "public"."canonical_api_line_marks" AS mark
            WHERE NOT mark.of_day AND mark.at >= greatest(first_hour, frozen) AND mark.at < end_hour
        );
        marked_days := ARRAY(
            SELECT date_bin('1 day', hour, 'epoch') FROM unnest(marked) AS hour
            UNION
            SELECT mark.at FROM "public"."canonical_api_line_marks" AS mark WHERE mark.of_day
        );
        starts := ARRAY[lower, end_hour - instant] || ARRAY(SELECT hour - instant FROM unnest(marked) AS hour);
        ends := ARRAY[first_hour - instant, $2] || ARRAY(SELECT hour + interval '1 hour' - instant FROM unnest(marked) AS hour);
        first_day := date_bin('1 day', first_hour - instant, 'epoch') + interval '24 hours';
        end_day := CASE WHEN daily THEN date_bin('1 day', end_hour, 'epoch') ELSE first_day END;
        RETURN QUERY
        WITH picked AS (
            SELECT *
            FROM "public"."canonical_api_line_hours" AS hour
            WHERE hour.at >= first_hour
                AND hour.at < end_hour
                AND hour.at <> ALL (marked)
                AND (hour.at < first_day OR hour.at >= end_day OR date_bin('1 day', hour.at, 'epoch') = ANY (marked_days))
            UNION ALL
            SELECT *
            FROM "public"."canonical_api_line_days" AS day
            WHERE day.at >= first_day AND day.at < end_day AND day.at <> ALL (marked_days)
        ),
        -- A number tells series apart faster than their names, and equals itself, unlike NULL.
        kept AS MATERIALIZED (
            SELECT
                picked.*,
                CASE WHEN $6 IS NULL THEN 'infinity' ELSE date_bin($6, picked.at, 'epoch') END AS of_step,
                CASE WHEN $7 THEN dense_rank() OVER (
                    ORDER BY picked.service_name COLLATE "C", picked.http_method COLLATE "C", picked.http_route COLLATE "C", picked.other
                ) ELSE 0 END AS series
            FROM picked
            WHERE ($3 IS NULL OR picked.service_name = ANY (string_to_array($3, E'\n')))
                AND ($4 IS NULL OR picked.http_method = ANY (string_to_array($4, E'\n')))
                AND ($5 IS NULL OR picked.http_route = ANY (string_to_array($5, E'\n')))
        ),
        named AS MATERIALIZED (
            SELECT
                kept.of_step,
                kept.series,
                CASE WHEN $7 THEN min(kept.service_name) END AS service,
                CASE WHEN $7 THEN min(kept.http_method) END AS method,
                CASE WHEN $7 THEN CASE WHEN bool_and(kept.other) THEN '(other)' ELSE min(kept.http_route) END END AS route,
                sum(kept.zero) AS zero,
                sum(kept.lines)::bigint AS lines,
                max(kept.slowest) AS slowest,
                sum(kept.requests) AS requests,
                sum(kept.refused) AS refused,
                sum(kept.failed) AS failed,
                sum(kept.instant) AS instant,
                sum(kept.slow) AS slow,
                sum(kept.busy) AS busy,
                sum(kept.queries) AS queries,
                sum(kept.own) AS own,
                sum(kept.database) AS database,
                sum(kept.waiting) AS waiting,
                sum(kept.outgoing) AS outgoing
            FROM kept
            GROUP BY kept.of_step, kept.series
        ),
        counted AS (
            SELECT kept.of_step, kept.series, kept.first + (part.position - 1)::integer AS bucket, sum(part.n) AS n
            FROM kept
            CROSS JOIN LATERAL unnest(kept.buckets) WITH ORDINALITY AS part (n, position)
            WHERE part.n <> 0
            GROUP BY 1, 2, 3
        )
        SELECT
            nullif(named.of_step, 'infinity'), named.service, named.method, named.route, NULL::integer, named.zero, named.lines, named.slowest, named.requests, named.refused, named.failed, named.instant, named.slow, named.busy, named.queries, named.own, named.database, named.waiting, named.outgoing
        FROM named
        UNION ALL
        SELECT
            nullif(named.of_step, 'infinity'), named.service, named.method, named.route, counted.bucket, counted.n, 0, named.slowest, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        FROM counted
        JOIN named USING (of_step, series);
    ELSE
        starts := ARRAY[lower];
        ends := ARRAY[$2];
    END IF;
    -- One query for each time, so that each reads only its partitions.
    FOR i IN 1..cardinality(starts) LOOP
        CONTINUE WHEN starts[i] >= ends[i];
        RETURN QUERY
        SELECT
            weights.of_step,
            service,
            method,
            route,
            bucket,
            lines * weight AS n,
            lines,
            slowest,
            lines * weight AS requests,
            refused * weight AS refused,
            failed * weight AS failed,
            instant * weight AS instant,
            slow * weight AS slow,
            extract(epoch FROM busy) * weight AS busy,
            coalesce(queries, 0) * weight AS queries,
            coalesce(own, 0) * weight AS own,
            coalesce(database, 0) * weight AS database,
            coalesce(waiting, 0) * weight AS waiting,
            outgoing * weight AS outgoing
        FROM (
            SELECT
                date_bin($6, created_at, 'epoch') AS of_step,
                CASE WHEN $7 THEN service_name END AS service,
                CASE WHEN $7 THEN http_method END AS method,
                CASE WHEN $7 THEN http_route END AS route,
                requests::numeric AS weight,
                CASE WHEN duration > interval '0' THEN pg_catalog.ceil(pg_catalog.ln(pg_catalog.date_part('epoch', duration) * 1000000) * 23.083120654223414 - 0.000000001)::integer - 1 END AS bucket,
                pg_catalog.count(*) AS lines,
                pg_catalog.max(duration) AS slowest,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS refused,
                pg_catalog.count(*) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)) AS failed,
                pg_catalog.count(*) FILTER (WHERE duration < interval '100 ms') AS instant,
                pg_catalog.count(*) FILTER (WHERE duration >= interval '1 s') AS slow,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END) AS queries,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'self_duration'::text) WHEN 'number' THEN (statistics -> 'self_duration'::text)::numeric END) AS own,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_duration'::text) WHEN 'number' THEN (statistics -> 'db_duration'::text)::numeric END) AS database,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_acquire_duration'::text) WHEN 'number' THEN (statistics -> 'db_acquire_duration'::text)::numeric END) AS waiting,
                coalesce(pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'http_duration'::text) WHEN 'number' THEN (statistics -> 'http_duration'::text)::numeric END), 0)
                + coalesce(pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'rpc_duration'::text) WHEN 'number' THEN (statistics -> 'rpc_duration'::text)::numeric END), 0)
                + coalesce(pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'messaging_duration'::text) WHEN 'number' THEN (statistics -> 'messaging_duration'::text)::numeric END), 0)
                + coalesce(pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'other_duration'::text) WHEN 'number' THEN (statistics -> 'other_duration'::text)::numeric END), 0) AS outgoing
            FROM (
                SELECT created_at, service_name, http_method, http_route, requests, duration, status, error_code,
                    CASE WHEN $8 THEN statistics END AS statistics
                FROM "public"."canonical_api_line_window"(coalesce(ends[i], now()) - starts[i], ends[i], $3, $4, $5)
            ) AS line
            GROUP BY 1, 2, 3, 4, 5, 6
        ) AS weights;
    END LOOP;
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_past" IS
'What does a window come to? The sums of a window, from history and the lines at its edges, by route and by bucket of durations: the bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds, NULL those of zero, and n requests fall into it. A bucket can have several rows. The other questions about longer windows read it. [canonical_line d8a243e8]';

-- One pass and one sort compute only what is shown; percentile_cont also returns the
-- maximum. The route comes first in GROUP BY because it tells more lines apart, which makes
-- the sort faster.
CREATE FUNCTION "public"."canonical_api_line_speed"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    exact boolean DEFAULT false
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
    percent_failed numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
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
        pg_catalog.round((100 * failed / requests)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed / requests, 0))))::integer)),
        accuracy
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
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY duration) AS p,
            'exact'::text AS accuracy
        FROM "public"."canonical_api_line_window"(since, until, service, method, route)
        WHERE (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
        GROUP BY http_route, http_method, service_name
        UNION ALL
        SELECT
            http_route,
            http_method,
            service_name,
            lines,
            nullif(requests, 0)::double precision,
            instant::double precision,
            slow::double precision,
            failed::double precision,
            ARRAY[least(CASE WHEN p50 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p99 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99 + 0.5)::double precision / 16) / 1000000) END, slowest), slowest],
            '±2.2 %'::text
        FROM (
            SELECT
                http_route,
                http_method,
                service_name,
                pg_catalog.sum(lines)::bigint AS lines,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.sum(instant) AS instant,
                pg_catalog.sum(slow) AS slow,
                pg_catalog.sum(failed) AS failed,
                pg_catalog.max(slowest) AS slowest,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all) AS p50,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all) AS p95,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all) AS p99
            FROM (
                SELECT *, pg_catalog.sum(n) OVER (PARTITION BY http_route, http_method, service_name ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY http_route, http_method, service_name) AS of_all
                FROM "public"."canonical_api_line_past"(since, until, service, method, route)
                WHERE NOT (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
            ) AS buckets
            GROUP BY http_route, http_method, service_name
        ) AS kept
    ) AS routes
    ORDER BY requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_speed" IS
'Are we fast? Each route with its percentiles, the shares of requests that were instant (below 100 ms), fast (below 1 s) and slow, and that failed (status 500 and above, or an error beside a status below 400), in percent. Counts and shares are of requests; percentiles are of lines, which is the same unless lines were sampled. Windows of more than three hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then. [canonical_line 77f6333a]';

CREATE FUNCTION "public"."canonical_api_line_reads"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    exact boolean DEFAULT false
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
    percent_failed numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT * FROM "public"."canonical_api_line_speed"(since, until, exact => exact) WHERE http_method IN ('GET', 'HEAD');
END;
COMMENT ON FUNCTION "public"."canonical_api_line_reads" IS
'Are we fast at retrievals? Like speed, for GET and HEAD. [canonical_line e5d826ee]';

CREATE FUNCTION "public"."canonical_api_line_writes"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    exact boolean DEFAULT false
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
    percent_failed numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT * FROM "public"."canonical_api_line_speed"(since, until, exact => exact) WHERE http_method IN ('DELETE', 'PATCH', 'POST', 'PUT');
END;
COMMENT ON FUNCTION "public"."canonical_api_line_writes" IS
'Are we fast at mutations? Like speed, for DELETE, PATCH, POST and PUT. [canonical_line da3ad668]';

CREATE FUNCTION "public"."canonical_api_line_rate"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    per_second numeric,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
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
        p[3],
        CASE WHEN (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0) THEN 'exact' ELSE '±2.2 %'::text END
    FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')
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
            SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at, requests, status, error_code, duration
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            WHERE (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at
        UNION ALL
        SELECT
            at,
            requests::double precision,
            refused::double precision,
            failed::double precision,
            lines,
            ARRAY[least(CASE WHEN p50 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p99 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99 + 0.5)::double precision / 16) / 1000000) END, slowest)]
        FROM (
            SELECT
                at,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.sum(refused) AS refused,
                pg_catalog.sum(failed) AS failed,
                pg_catalog.sum(lines)::bigint AS lines,
                pg_catalog.max(slowest) AS slowest,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all) AS p50,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all) AS p95,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all) AS p99
            FROM (
                SELECT *, pg_catalog.sum(n) OVER (PARTITION BY at ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY at) AS of_all
                FROM "public"."canonical_api_line_past"(since, until, service, method, route, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false)
                WHERE NOT (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            ) AS buckets
            GROUP BY at
        ) AS kept
    ) AS counted USING (at)
    CROSS JOIN (SELECT extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) AS seconds) AS each
    ORDER BY at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_rate" IS
'Since when? Requests per second, the shares that were refused (status 400 to 499) and that failed (500 and above, or an error beside a status below 400) in percent, and percentiles, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC). The window cuts off the first and the last step. Percentiles are of lines, the rest of requests. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then. [canonical_line 56cfb860]';

-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none. DISTINCT tells the planner how few steps there are.
CREATE FUNCTION "public"."canonical_api_line_heatmap"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    faster_than interval,
    requests bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, bucket, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at, pg_catalog.width_bucket(duration, '{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]) AS bucket, requests
            FROM "public"."canonical_api_line_window"(since, until, service, method, route)
            WHERE (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at, bucket
        UNION ALL
        SELECT at, cell, pg_catalog.sum(n)::double precision
        FROM (
            SELECT at, n, pg_catalog.width_bucket(CASE WHEN coalesce(bucket, -10000) = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (coalesce(bucket, -10000) + 0.5)::double precision / 16) / 1000000) END, '{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]) AS cell
            FROM "public"."canonical_api_line_past"(since, until, service, method, route, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false)
            WHERE n > 0 AND NOT (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
        ) AS kept
        GROUP BY at, cell
    )
    SELECT at, ('{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[])[bucket + 1], pg_catalog.round(coalesce(requests, 0))::bigint,
        CASE WHEN (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0) THEN 'exact' ELSE '±2.2 %'::text END
    FROM (SELECT at FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')
        ) AS steps (at)
    ) AS steps (at) UNION SELECT DISTINCT at FROM cells) AS steps
    CROSS JOIN pg_catalog.generate_series(0, pg_catalog.cardinality('{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[])) AS bounds (bucket)
    LEFT JOIN cells USING (at, bucket)
    ORDER BY at, bucket;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_heatmap" IS
'How are durations spread? The requests of every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC) by the upper bound of their duration, zeros included; NULL stands for 50 s and above. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off the bounds can be. [canonical_line 7694c599]';

-- One pass over the lines reads both windows.
CREATE FUNCTION "public"."canonical_api_line_changes"(
    recent interval DEFAULT '1 hour',
    before interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    exact boolean DEFAULT false
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
    lines_recent bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
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
        lines_recent,
        accuracy
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
                pg_catalog.count(*) FILTER (WHERE is_recent) AS lines_recent,
                'exact'::text AS accuracy
            FROM (
                SELECT *, created_at > ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC' AS is_recent
                FROM "public"."canonical_api_line_window"(recent + before, until, service, method, route)
                WHERE (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
            ) AS lines
            GROUP BY http_route, http_method, service_name
            UNION ALL
            SELECT
                http_route,
                http_method,
                service_name,
                CASE WHEN before_p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (before_p95 + 0.5)::double precision / 16) / 1000000) END,
                CASE WHEN recent_p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (recent_p95 + 0.5)::double precision / 16) / 1000000) END,
                failed_before::double precision,
                failed_recent::double precision,
                lines_before,
                lines_recent,
                '±2.2 %'::text
            FROM (
                SELECT
                    http_route,
                    http_method,
                    service_name,
                    pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all AND NOT is_recent) AS before_p95,
                    pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all AND is_recent) AS recent_p95,
                    100 * coalesce(pg_catalog.sum(failed) FILTER (WHERE NOT is_recent), 0) / nullif(pg_catalog.sum(requests) FILTER (WHERE NOT is_recent), 0) AS failed_before,
                    100 * coalesce(pg_catalog.sum(failed) FILTER (WHERE is_recent), 0) / nullif(pg_catalog.sum(requests) FILTER (WHERE is_recent), 0) AS failed_recent,
                    coalesce(pg_catalog.sum(lines) FILTER (WHERE NOT is_recent), 0)::bigint AS lines_before,
                    coalesce(pg_catalog.sum(lines) FILTER (WHERE is_recent), 0)::bigint AS lines_recent
                FROM (
                    SELECT *, pg_catalog.sum(n) OVER (PARTITION BY is_recent, http_route, http_method, service_name ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY is_recent, http_route, http_method, service_name) AS of_all
                    FROM (
                        SELECT true AS is_recent, *
                        FROM "public"."canonical_api_line_past"(recent, until, service, method, route)
                        WHERE NOT (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
                        UNION ALL
                        SELECT false, *
                        FROM "public"."canonical_api_line_past"(before, ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC', service, method, route)
                        WHERE NOT (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
                    ) AS windows
                ) AS buckets
                GROUP BY http_route, http_method, service_name
            ) AS kept
        ) AS routes
    ) AS compared
    WHERE worse_slower >= 1.2 OR worse_failing >= 1.2
    ORDER BY 3, 2 DESC, lines_recent DESC, 5, 6, 4;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_changes" IS
'What got slower, or started to fail? Each route whose 95th percentile, or whose share of failures (status 500 and above, or an error beside a status below 400; in percent, plus one), grew by a fifth or more from the window before to the recent one; the largest change first. few_lines marks a change that rests on fewer than 100 lines in either window; those come last. Both windows together, if they have more than three hours, are answered from history unless exact: accuracy says how far off percentiles can be. [canonical_line d9418192]';

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
                            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at,
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
            pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since + interval '1 us', 'epoch'),
            (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us',
            greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')
        ) AS steps (at)
    ) AS steps (at) UNION SELECT DISTINCT at FROM counted) AS steps
    LEFT JOIN (SELECT DISTINCT kind, status, error FROM counted LIMIT top + 1) AS kinds ON true
    LEFT JOIN counted USING (at, kind)
    ORDER BY 1, 4 DESC, 2, 3;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_failures" IS
'What broke when? Requests with a status of 400 and above, or with an error, by error, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC), zeros included. Errors beyond the top most frequent ones are counted together, under neither status nor error, as is a window without any. [canonical_line 71258d62]';

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
    route text DEFAULT NULL,
    exact boolean DEFAULT false
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
    percent_outgoing numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
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
        pg_catalog.round((100 * outgoing / nullif(seconds, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * outgoing / nullif(seconds, 0), 0))))::integer)),
        'exact'::text
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
            WHERE (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
            GROUP BY service_name, http_method, http_route, requests
        ) AS weights
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT
            service_name,
            http_method,
            http_route,
            pg_catalog.sum(requests),
            pg_catalog.sum(busy)::double precision * interval '1 s',
            pg_catalog.sum(busy),
            pg_catalog.sum(queries),
            pg_catalog.sum(own),
            pg_catalog.sum(database),
            pg_catalog.sum(waiting),
            pg_catalog.sum(outgoing)
        FROM "public"."canonical_api_line_past"(since, until, service, method, route, with_statistics => true)
        WHERE NOT (exact OR since <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_costs" IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, and percent_busy the route''s share of that. The other shares are of the route''s own time and can exceed 100 if calls ran in parallel. Windows of more than three hours are answered from history unless exact, with the same sums. [canonical_line b959ec48]';

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

CREATE FUNCTION "public"."canonical_api_line_account"(
    who text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
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
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        created_at,
        service_name,
        http_method,
        http_path,
        status,
        duration,
        coalesce(error_code, error_cause),
        request_id,
        trace_id
    FROM "public"."canonical_api_line_window"(since, until)
    WHERE account_id IN (who, pg_catalog.lower(who)) OR account_email = who OR pg_catalog.host(ip) = who
    ORDER BY created_at DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_account" IS
'What did this customer see? The requests of an account (its id or mail address) or of a client''s IP address, the latest first. [canonical_line 6a2a812e]';

-- json keeps the order of columns, unlike jsonb. Each of the statistics becomes a field. A
-- table without trace_id or statistics is read through "absent", and names are qualified, see
-- window.sql.
CREATE FUNCTION "public"."canonical_api_line_request"(
    id text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    field text,
    value text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT line.created_at, field.key, field.value
    FROM (VALUES (NULL::pg_catalog.text, NULL::pg_catalog.jsonb)) AS absent (trace_id, statistics)
    CROSS JOIN LATERAL (
        SELECT created_at, statistics::pg_catalog.jsonb AS statistics, pg_catalog.to_json(found.*) AS columns
        FROM "public"."canonical_api_line" AS found
        WHERE created_at OPERATOR(pg_catalog.>) (((coalesce($3, pg_catalog.now()) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.-) $2) AT TIME ZONE 'UTC')
            AND created_at OPERATOR(pg_catalog.<=) coalesce($3, 'infinity')
            AND (
                trace_id OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.replace($1, '-', ''))
                OR request_id::pg_catalog.uuid OPERATOR(pg_catalog.=) CASE
                    WHEN $1 OPERATOR(pg_catalog.~*) '^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$' THEN $1::pg_catalog.uuid
                END
            )
    ) AS line
    CROSS JOIN LATERAL (
        SELECT key, value, n
        FROM pg_catalog.json_each_text(line.columns) WITH ORDINALITY AS columns (key, value, n)
        WHERE key OPERATOR(pg_catalog.<>) 'statistics'
        UNION ALL
        SELECT pg_catalog.concat('statistics.', key), value, 1000::bigint OPERATOR(pg_catalog.+) n
        FROM pg_catalog.jsonb_each_text(line.statistics) WITH ORDINALITY AS statistics (key, value, n)
    ) AS field
    WHERE field.value IS NOT NULL
    ORDER BY line.created_at, line.columns OPERATOR(pg_catalog.->>) 'id'::pg_catalog.text, field.n
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_request" IS
'What happened in this request? All fields of the lines with this request id or trace id, one per row; a trace over several services has several lines. [canonical_line 53249b91]';

-- The window begins with a whole step, since hours do not live as long as days.
CREATE FUNCTION "public"."canonical_api_line_history"(
    since interval DEFAULT '1 year',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT '1 day'
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        pg_catalog.round((100 * refused / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * refused / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * failed / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed / nullif(requests, 0), 0))))::integer)),
        coalesce(lines, 0),
        least(CASE WHEN p50 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50 + 0.5)::double precision / 16) / 1000000) END, slowest),
        least(CASE WHEN p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95 + 0.5)::double precision / 16) / 1000000) END, slowest),
        least(CASE WHEN p99 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99 + 0.5)::double precision / 16) / 1000000) END, slowest),
        slowest,
        '±2.2 %'::text
    FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(pg_catalog.date_bin(step, (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since, 'epoch'), (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - interval '1 us', step) AS steps (at)
    ) AS steps (at)
    FULL JOIN (
        SELECT
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.sum(refused) AS refused,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(lines)::bigint AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all) AS p50,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all) AS p95,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all) AS p99
        FROM (
            SELECT *, pg_catalog.sum(n) OVER (PARTITION BY at ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY at) AS of_all
            FROM "public"."canonical_api_line_past"(((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - pg_catalog.date_bin(step, (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since, 'epoch')), until, service, method, route, step, by_route => false)
        ) AS buckets
        GROUP BY at
    ) AS kept USING (at)
    ORDER BY at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_history" IS
'Were we ever faster? Requests, the shares that were refused and that failed in percent, and percentiles of requests, for every step (whole hours or days of UTC) from the one that the window begins in, for as long as history is kept. accuracy says how far off percentiles can be. [canonical_line 38bb4fd4]';

CREATE FUNCTION "public"."canonical_api_line_compare"(
    recent interval DEFAULT '7 days',
    ago interval DEFAULT '26 weeks',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
) RETURNS TABLE (
    times numeric,
    few_lines boolean,
    service_name text,
    http_method text,
    http_route text,
    p50_before interval,
    p50_recent interval,
    p95_before interval,
    p95_recent interval,
    p99_before interval,
    p99_recent interval,
    percent_failed_before numeric,
    percent_failed_recent numeric,
    requests_before bigint,
    requests_recent bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        pg_catalog.round(extract(epoch FROM p95_recent) / nullif(extract(epoch FROM p95_before), 0), 2),
        least(lines_before, lines_recent) < 100,
        service_name,
        http_method,
        http_route,
        p50_before,
        p50_recent,
        p95_before,
        p95_recent,
        p99_before,
        p99_recent,
        pg_catalog.round((failed_before)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(failed_before, 0))))::integer)),
        pg_catalog.round((failed_recent)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(failed_recent, 0))))::integer)),
        pg_catalog.round(requests_before)::bigint,
        pg_catalog.round(requests_recent)::bigint,
        '±2.2 %'::text
    FROM (
        SELECT
            service_name,
            http_method,
            http_route,
            least(CASE WHEN p50_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p50_before,
            least(CASE WHEN p50_recent = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50_recent + 0.5)::double precision / 16) / 1000000) END, slowest_recent) AS p50_recent,
            least(CASE WHEN p95_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p95_before,
            least(CASE WHEN p95_recent = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_recent + 0.5)::double precision / 16) / 1000000) END, slowest_recent) AS p95_recent,
            least(CASE WHEN p99_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p99_before,
            least(CASE WHEN p99_recent = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99_recent + 0.5)::double precision / 16) / 1000000) END, slowest_recent) AS p99_recent,
            failed_before,
            failed_recent,
            requests_before,
            requests_recent,
            lines_before,
            lines_recent
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all AND NOT is_recent) AS p50_before,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all AND is_recent) AS p50_recent,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all AND NOT is_recent) AS p95_before,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all AND is_recent) AS p95_recent,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all AND NOT is_recent) AS p99_before,
                pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all AND is_recent) AS p99_recent,
                pg_catalog.max(slowest) FILTER (WHERE NOT is_recent) AS slowest_before,
                100 * coalesce(pg_catalog.sum(failed) FILTER (WHERE NOT is_recent), 0) / nullif(pg_catalog.sum(requests) FILTER (WHERE NOT is_recent), 0) AS failed_before,
                coalesce(pg_catalog.sum(requests) FILTER (WHERE NOT is_recent), 0) AS requests_before,
                coalesce(pg_catalog.sum(lines) FILTER (WHERE NOT is_recent), 0) AS lines_before,
                pg_catalog.max(slowest) FILTER (WHERE is_recent) AS slowest_recent,
                100 * coalesce(pg_catalog.sum(failed) FILTER (WHERE is_recent), 0) / nullif(pg_catalog.sum(requests) FILTER (WHERE is_recent), 0) AS failed_recent,
                coalesce(pg_catalog.sum(requests) FILTER (WHERE is_recent), 0) AS requests_recent,
                coalesce(pg_catalog.sum(lines) FILTER (WHERE is_recent), 0) AS lines_recent
            FROM (
                SELECT *, pg_catalog.sum(n) OVER (PARTITION BY is_recent, http_route, http_method, service_name ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY is_recent, http_route, http_method, service_name) AS of_all
                FROM (
                    SELECT true AS is_recent, *
                    FROM "public"."canonical_api_line_past"(recent, (CASE WHEN recent >= interval '24 hours' THEN pg_catalog.date_bin('1 day', (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC'), 'epoch') ELSE (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') END) AT TIME ZONE 'UTC', service, method, route)
                    UNION ALL
                    SELECT false, *
                    FROM "public"."canonical_api_line_past"(recent, ((CASE WHEN recent >= interval '24 hours' THEN pg_catalog.date_bin('1 day', (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC'), 'epoch') ELSE (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') END) - ago) AT TIME ZONE 'UTC', service, method, route)
                ) AS windows
            ) AS buckets
            GROUP BY http_route, http_method, service_name
        ) AS kept
    ) AS routes
    ORDER BY 2, 1 DESC NULLS LAST, requests_recent DESC, 4, 5, 3;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_compare" IS
'Are we slower than then? Each route in the recent window and in one as long that ended ago before it, with its percentiles of requests; times is how often the 95th percentile then fits into the recent one, the largest first. Windows of a day and more end with the last whole day of UTC. few_lines marks a route with fewer than 100 lines in either window; those come last. accuracy says how far off percentiles can be. [canonical_line f2f5ae1e]';

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
