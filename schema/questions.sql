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
        '"public"."canonical_api_line_overall"',
        '"public"."canonical_api_line_speed"',
        '"public"."canonical_api_line_reads"',
        '"public"."canonical_api_line_writes"',
        '"public"."canonical_api_line_rate"',
        '"public"."canonical_api_line_heatmap"',
        '"public"."canonical_api_line_spread"',
        '"public"."canonical_api_line_pulse"',
        '"public"."canonical_api_line_trends"',
        '"public"."canonical_api_line_changes"',
        '"public"."canonical_api_line_errors"',
        '"public"."canonical_api_line_failures"',
        '"public"."canonical_api_line_slowest"',
        '"public"."canonical_api_line_costs"',
        '"public"."canonical_api_line_spent"',
        '"public"."canonical_api_line_n_plus_one"',
        '"public"."canonical_api_line_callers"',
        '"public"."canonical_api_line_differences"',
        '"public"."canonical_api_line_deploys"',
        '"public"."canonical_api_line_burn"',
        '"public"."canonical_api_line_partitions"',
        '"public"."canonical_api_line_sizes"',
        '"public"."canonical_api_line_state"',
        '"public"."canonical_api_line_look_up"',
        '"public"."canonical_api_line_find"',
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
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL
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
    statistics jsonb,
    service_version text,
    deployment_environment text
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
        line.statistics::pg_catalog.jsonb,
        line.service_version::pg_catalog.text,
        line.deployment_environment::pg_catalog.text
    FROM (
        VALUES (
            1::double precision, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.inet, NULL::pg_catalog.text, NULL::pg_catalog.uuid, NULL::pg_catalog.text, NULL::pg_catalog.jsonb,
            NULL::pg_catalog.text, NULL::pg_catalog.text
        )
    ) AS absent (
        adjusted_count, service_name, http_route, http_path, api_error_code, api_error_cause, api_error_message,
        api_error_internal_code, account_id, account_email, ip, user_agent, request_id, trace_id, statistics,
        service_version, deployment_environment
    )
    CROSS JOIN LATERAL (
        SELECT
            created_at, service_name, http_method, http_route, http_path, status, duration, adjusted_count,
            api_error_code, api_error_cause, api_error_message, api_error_internal_code,
            account_id, account_email, ip, user_agent, request_id, trace_id, statistics, service_version, deployment_environment
        FROM "public"."canonical_api_line"
        WHERE created_at OPERATOR(pg_catalog.>) (((coalesce($2, pg_catalog.now()) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.-) $1) AT TIME ZONE 'UTC')
            AND created_at OPERATOR(pg_catalog.<=) coalesce($2, 'infinity')
    ) AS line
    WHERE ($3 IS NULL OR line.service_name OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($3, E'\n')))
        AND ($4 IS NULL OR line.http_method OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($4, E'\n')))
        AND ($5 IS NULL OR line.http_route OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($5, E'\n')))
        AND ($6 IS NULL OR line.deployment_environment OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($6, E'\n')))
        AND ($7 IS NULL OR line.status::pg_catalog.text OPERATOR(pg_catalog.~~) ANY (
            pg_catalog.string_to_array(pg_catalog.replace(pg_catalog.lower($7), 'x', '_'), E'\n')))
        AND ($8 IS NULL OR line.account_id::pg_catalog.text OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($8, E'\n'))
            OR line.account_email::pg_catalog.text OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($8, E'\n')))
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_window" IS
'The lines of a window, for questions of your own. requests is how many requests a line stands for: sum it if lines were sampled. service, method, route, environment, with_status (404, 5xx) and of_account (an id or a mail address) can name several values, one on each line of the text; NULL means all. [canonical_line 3cea3bb5]';

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
-- says what to read before it reads. step is NULL for the whole window, which has no time then; where
-- it is not made of whole hours, all is read from lines. by_route leaves out what tells routes apart, and
-- with_statistics reads the statistics of lines, which takes most of the time.
CREATE FUNCTION "public"."canonical_api_line_past"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
SET enable_sort = off
AS $answer$
#variable_conflict use_column
DECLARE
    instant CONSTANT interval := '1 us';
    lower CONSTANT timestamptz := ((coalesce($2, now()) AT TIME ZONE 'UTC') - $1) AT TIME ZONE 'UTC';
    upper CONSTANT timestamptz := coalesce($2, 'infinity');
    daily CONSTANT boolean := $9 IS NULL OR date_part('epoch', $9)::numeric % 86400 = 0;
    hourly CONSTANT boolean := $9 IS NULL OR date_part('epoch', $9)::numeric % 3600 = 0;
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
    -- Without history built is NULL, and so is end_hour. It tells neither statuses nor accounts apart.
    IF to_regclass('"public"."canonical_api_line_built"') IS NOT NULL AND $7 IS NULL AND $8 IS NULL THEN
        SELECT state.until, state.frozen INTO built, frozen FROM "public"."canonical_api_line_built" AS state;
    END IF;
    -- The window is open at its start: a line of the first instant does not belong to it.
    IF first_hour = lower AND EXISTS (SELECT created_at FROM "public"."canonical_api_line" WHERE created_at = lower) THEN
        first_hour := first_hour + interval '1 hour';
    END IF;
    end_hour := CASE WHEN built IS NOT NULL THEN date_bin('1 hour', least(built, upper), 'epoch') END;
    IF first_hour < end_hour AND hourly THEN
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
                CASE WHEN $9 IS NULL THEN 'infinity' ELSE date_bin($9, picked.at, 'epoch') END AS of_step,
                CASE WHEN $10 THEN dense_rank() OVER (
                    ORDER BY picked.service_name COLLATE "C", picked.http_method COLLATE "C", picked.http_route COLLATE "C", picked.other
                ) ELSE 0 END AS series
            FROM picked
            WHERE ($3 IS NULL OR picked.service_name = ANY (string_to_array($3, E'\n')))
                AND ($4 IS NULL OR picked.http_method = ANY (string_to_array($4, E'\n')))
                AND ($5 IS NULL OR picked.http_route = ANY (string_to_array($5, E'\n')))
                AND ($6 IS NULL OR picked.deployment_environment = ANY (string_to_array($6, E'\n')))
        ),
        named AS MATERIALIZED (
            SELECT
                kept.of_step,
                kept.series,
                CASE WHEN $10 THEN min(kept.service_name) END AS service,
                CASE WHEN $10 THEN min(kept.http_method) END AS method,
                CASE WHEN $10 THEN CASE WHEN bool_and(kept.other) THEN '(other)' ELSE min(kept.http_route) END END AS route,
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
    -- One query for each time, so that each reads only its partitions. The conversion to numeric is
    -- slow, so it comes after the lines are added up.
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
            SELECT grouped.*, grouped.per_line::numeric AS weight
            FROM (
                SELECT
                    date_bin($9, created_at, 'epoch') AS of_step,
                    CASE WHEN $10 THEN service_name END AS service,
                    CASE WHEN $10 THEN http_method END AS method,
                    CASE WHEN $10 THEN http_route END AS route,
                    requests AS per_line,
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
                        CASE WHEN $11 THEN statistics END AS statistics
                    FROM "public"."canonical_api_line_window"(coalesce(ends[i], now()) - starts[i], ends[i], $3, $4, $5, $6, $7, $8)
                ) AS line
                GROUP BY 1, 2, 3, 4, 5, 6
            ) AS grouped
        ) AS weights;
    END LOOP;
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_past" IS
'What does a window come to? The sums of a window, from history and the lines at its edges, by route and by bucket of durations: the bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds, NULL those of zero, and n requests fall into it. A bucket can have several rows. The other questions about longer windows read it. [canonical_line 0d574a0a]';

-- As speed, for all lines of the window together.
CREATE FUNCTION "public"."canonical_api_line_overall"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
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
            pg_catalog.count(*) AS lines,
            nullif(pg_catalog.sum(requests), 0) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration < '100 ms'), 0) AS instant,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration >= '1 s'), 0) AS slow,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)), 0) AS failed,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY duration) AS p,
            'exact'::text AS accuracy
        FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
        WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
        HAVING pg_catalog.count(*) > 0
        UNION ALL
        SELECT
            lines,
            nullif(requests, 0)::double precision,
            instant::double precision,
            slow::double precision,
            failed::double precision,
            ARRAY[least(CASE WHEN p50 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95 + 0.5)::double precision / 16) / 1000000) END, slowest), least(CASE WHEN p99 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99 + 0.5)::double precision / 16) / 1000000) END, slowest), slowest],
            '±2.2 %'::text
        FROM (
            SELECT
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
                SELECT *, pg_catalog.sum(n) OVER ( ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER () AS of_all
                FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, by_route => false)
                WHERE NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
            ) AS buckets
            HAVING pg_catalog.sum(lines) > 0
        ) AS kept
    ) AS counted;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_overall" IS
'Are we fast, all in all? What speed says of each route, for all lines of the window together; no row without lines. [canonical_line 7d25abc6]';

-- One pass and one sort compute only what is shown; percentile_cont also returns the
-- maximum. The route comes first in GROUP BY because it tells more lines apart, which makes
-- the sort faster.
CREATE FUNCTION "public"."canonical_api_line_speed"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
        FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
        WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
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
                FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account)
                WHERE NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
            ) AS buckets
            GROUP BY http_route, http_method, service_name
        ) AS kept
    ) AS routes
    ORDER BY requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_speed" IS
'Are we fast? Each route with its percentiles, the shares of requests that were instant (below 100 ms), fast (below 1 s) and slow, and that failed (status 500 and above, or an error beside a status below 400), in percent. Counts and shares are of requests; percentiles are of lines, which is the same unless lines were sampled. Windows of more than three hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then. [canonical_line fc20c604]';

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
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
        CASE WHEN ((exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)) THEN 'exact' ELSE '±2.2 %'::text END
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
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE ((exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0))
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
                FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false)
                WHERE NOT ((exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0))
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
'Since when? Requests per second, the shares that were refused (status 400 to 499) and that failed (500 and above, or an error beside a status below 400) in percent, and percentiles, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC). The window cuts off the first and the last step. Percentiles are of lines, the rest of requests. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then. [canonical_line ab3ca612]';

-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none. DISTINCT tells the planner how few steps there are.
CREATE FUNCTION "public"."canonical_api_line_heatmap"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at, bucket
        UNION ALL
        SELECT at, cell, pg_catalog.sum(n)::double precision
        FROM (
            SELECT at, n, pg_catalog.width_bucket(CASE WHEN coalesce(bucket, -10000) = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (coalesce(bucket, -10000) + 0.5)::double precision / 16) / 1000000) END, '{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]) AS cell
            FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false)
            WHERE n > 0 AND NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
        ) AS kept
        GROUP BY at, cell
    )
    SELECT at, ('{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[])[bucket + 1], pg_catalog.round(coalesce(requests, 0))::bigint,
        CASE WHEN (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
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
'How are durations spread? The requests of every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC) by the upper bound of their duration, zeros included; NULL stands for 50 s and above. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off the bounds can be. [canonical_line 7dd8d6cc]';

-- Four bands to an octave, made of the buckets of history, which has sixteen. Rows without requests
-- are left out: most bands of most steps have none.
CREATE FUNCTION "public"."canonical_api_line_spread"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    longer_than interval,
    up_to interval,
    requests bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, band, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at, greatest(CASE WHEN duration > interval '0' THEN pg_catalog.ceil(pg_catalog.ln(pg_catalog.date_part('epoch', duration) * 1000000) * 23.083120654223414 - 0.000000001)::integer - 1 END, 0) >> 2 AS band, requests
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY at, band
        UNION ALL
        SELECT at, greatest(bucket, 0) >> 2, pg_catalog.sum(n)::double precision
        FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false)
        WHERE n > 0 AND NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
        GROUP BY 1, 2
    )
    SELECT
        at,
        CASE WHEN band = 0 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, band::double precision / 4) / 1000000) END,
        pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (band + 1)::double precision / 4) / 1000000),
        pg_catalog.round(requests)::bigint,
        CASE WHEN (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0) THEN 'exact' ELSE '±2.2 %'::text END
    FROM cells
    WHERE requests > 0
    ORDER BY at, band;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_spread" IS
'How are durations spread, finely? The requests of every step of the window by duration, four bands to a doubling of it; bands without requests are left out. Windows of more than three hours whose steps are whole hours are answered from history unless exact, with the same bands. [canonical_line d90959be]';

-- What overall, rate and spread say, from one reading of history and of the lines that it does not
-- hold: reading those takes most of the time.
CREATE FUNCTION "public"."canonical_api_line_pulse"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    step interval DEFAULT '1 hour'
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    per_second numeric,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    buckets integer[],
    bucket_requests bigint[],
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        CASE WHEN whole IS NOT TRUE THEN pg_catalog.round((coalesce(requests, 0) / extract(epoch FROM step))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(coalesce(requests, 0) / extract(epoch FROM step), 0))))::integer)) END,
        pg_catalog.round((100 * instant / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * instant / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * (requests - instant - slow) / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * (requests - instant - slow) / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * slow / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * slow / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * refused / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * refused / nullif(requests, 0), 0))))::integer)),
        pg_catalog.round((100 * failed / nullif(requests, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed / nullif(requests, 0), 0))))::integer)),
        coalesce(lines, 0),
        least(CASE WHEN p50 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50 + 0.5)::double precision / 16) / 1000000) END, slowest),
        least(CASE WHEN p95 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95 + 0.5)::double precision / 16) / 1000000) END, slowest),
        least(CASE WHEN p99 = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99 + 0.5)::double precision / 16) / 1000000) END, slowest),
        slowest,
        buckets,
        bucket_requests,
        '±2.2 %'::text
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
            whole,
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.sum(instant) AS instant,
            pg_catalog.sum(slow) AS slow,
            pg_catalog.sum(refused) AS refused,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(lines)::bigint AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.5 * of_all) AS p50,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all) AS p95,
            pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.99 * of_all) AS p99,
            pg_catalog.array_agg(coalesce(bucket, -1) ORDER BY bucket NULLS FIRST) FILTER (WHERE n > 0) AS buckets,
            pg_catalog.array_agg(pg_catalog.round(n)::bigint ORDER BY bucket NULLS FIRST) FILTER (WHERE n > 0) AS bucket_requests
        FROM (
            SELECT *, pg_catalog.sum(n) OVER (PARTITION BY whole, at ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY whole, at) AS of_all
            FROM (
                SELECT
                    grouping(at) = 1 AS whole,
                    at,
                    bucket,
                    pg_catalog.sum(n) AS n,
                    pg_catalog.sum(lines) AS lines,
                    pg_catalog.max(slowest) AS slowest,
                    pg_catalog.sum(requests) AS requests,
                    pg_catalog.sum(instant) AS instant,
                    pg_catalog.sum(slow) AS slow,
                    pg_catalog.sum(refused) AS refused,
                    pg_catalog.sum(failed) AS failed
                FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, step, by_route => false)
                GROUP BY GROUPING SETS ((at, bucket), (bucket))
            ) AS summed
        ) AS counted
        GROUP BY whole, at
    ) AS kept USING (at)
    ORDER BY at NULLS FIRST;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_pulse" IS
'Are we fast, all in all and step by step? What overall, rate and spread say of a window from history, asked at once: the row without a time is the whole window. Steps are whole hours or days of UTC. The bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds; those of zero are in the bucket -1. [canonical_line dcabf864]';

-- The line of each route over the window, for small plots beside each other.
CREATE FUNCTION "public"."canonical_api_line_trends"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    step interval DEFAULT NULL,
    exact boolean DEFAULT false,
    top integer DEFAULT 100
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    at timestamptz,
    requests bigint,
    lines bigint,
    p95 interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH counted AS (
        SELECT
            service_name,
            http_method,
            http_route,
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.count(*) AS lines,
            pg_catalog.percentile_cont(0.95) WITHIN GROUP (ORDER BY duration) AS p95
        FROM (
            SELECT service_name, http_method, http_route, pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at, requests, duration
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
            OFFSET bigint '0'
        ) AS lines
        GROUP BY 1, 2, 3, 4
        UNION ALL
        SELECT
            service_name,
            http_method,
            http_route,
            at,
            pg_catalog.sum(requests)::double precision,
            pg_catalog.sum(lines)::bigint,
            least(CASE WHEN (pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all)) = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, ((pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all)) + 0.5)::double precision / 16) / 1000000) END, pg_catalog.max(slowest))
        FROM (
            SELECT *, pg_catalog.sum(n) OVER (PARTITION BY http_route, http_method, service_name, at ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER (PARTITION BY http_route, http_method, service_name, at) AS of_all
            FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'))
            WHERE NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
        ) AS buckets
        GROUP BY 1, 2, 3, 4
    ),
    ranked AS (
        SELECT *, pg_catalog.dense_rank() OVER (ORDER BY of_all DESC, http_route, http_method, service_name) AS place
        FROM (
            SELECT *, pg_catalog.sum(requests) OVER (PARTITION BY http_route, http_method, service_name) AS of_all
            FROM counted
        ) AS summed
    )
    SELECT
        service_name,
        http_method,
        http_route,
        at,
        pg_catalog.round(requests)::bigint,
        lines,
        p95,
        CASE WHEN (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0) THEN 'exact' ELSE '±2.2 %'::text END
    FROM ranked
    WHERE place <= top
    ORDER BY place, at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_trends" IS
'Which route got slower, and when? The 95th percentile of each step of the window for the top most frequent routes; steps without requests are left out. Percentiles are of lines. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then. [canonical_line cc1ae8a2]';

-- One pass over the lines reads both windows. A route is slower if it has more of the slowest requests of
-- both, which tells more than to compare two percentiles. Chances are for all
-- routes and kinds of change together (Holm).
CREATE FUNCTION "public"."canonical_api_line_changes"(
    recent interval DEFAULT '1 hour',
    before interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    at_least numeric DEFAULT 1.2,
    exact boolean DEFAULT false,
    environment text DEFAULT NULL
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
    p95_before_from interval,
    p95_before_to interval,
    p95_recent_from interval,
    p95_recent_to interval,
    chance numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH part AS (
        SELECT
            http_route,
            http_method,
            service_name,
            slot & 1 = 1 AS since,
            slot >> 1 AS bucket,
            pg_catalog.sum(requests)::numeric AS n,
            pg_catalog.count(*) AS lines,
            pg_catalog.max(duration) AS slowest,
            (pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)))::numeric AS failed,
            NULL::numeric AS queries,
            NULL::numeric AS squares
        FROM (
            SELECT *, 2 * coalesce(CASE WHEN duration > interval '0' THEN pg_catalog.ceil(pg_catalog.ln(pg_catalog.date_part('epoch', duration) * 1000000) * 23.083120654223414 - 0.000000001)::integer - 1 END, -10000) + (created_at > ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC')::integer AS slot
            FROM "public"."canonical_api_line_window"(recent + before, until, service, method, route, environment)
            WHERE (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
            OFFSET bigint '0'
        ) AS lines
        GROUP BY http_route, http_method, service_name, slot
        UNION ALL
        SELECT http_route, http_method, service_name, true, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM "public"."canonical_api_line_past"(recent, until, service, method, route, environment)
        WHERE NOT (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
        UNION ALL
        SELECT http_route, http_method, service_name, false, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM "public"."canonical_api_line_past"(before, ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC', service, method, route, environment)
        WHERE NOT (exact OR recent + before <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
    ),
    counted AS (
        SELECT
            http_route, http_method, service_name, since, bucket,
            pg_catalog.sum(n) AS n,
            pg_catalog.sum(lines) AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(squares) AS squares
        FROM part
        GROUP BY http_route, http_method, service_name, since, bucket
    ),
    ranked AS (
        SELECT
            *,
            pg_catalog.sum(n) OVER (of_side ORDER BY bucket NULLS FIRST) AS upto,
            pg_catalog.sum(n) OVER of_side AS requests,
            pg_catalog.sum(lines) OVER of_side AS of_lines,
            pg_catalog.sum(n) OVER (of_both ORDER BY bucket NULLS FIRST) AS both_upto,
            pg_catalog.sum(n) OVER of_both AS both_requests
        FROM counted
        WINDOW of_side AS (PARTITION BY http_route, http_method, service_name, since), of_both AS (PARTITION BY http_route, http_method, service_name)
    ),
    marked AS (
        SELECT
            *,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.95 * both_requests) OVER of_both AS tail,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.75 * both_requests) OVER of_both AS quarter
        FROM ranked
        WINDOW of_both AS (PARTITION BY http_route, http_method, service_name)
    ),
    side AS (
        SELECT
            http_route, http_method, service_name, since,
            pg_catalog.max(of_lines)::double precision AS lines,
            nullif(pg_catalog.max(requests), 0)::double precision AS requests,
            coalesce(pg_catalog.sum(failed) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS failed,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= tail) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longest,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= quarter) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longer,
            (pg_catalog.sum(queries) / nullif(pg_catalog.max(requests), 0))::double precision AS queries,
            (pg_catalog.sum(squares) / nullif(pg_catalog.max(requests), 0))::double precision AS squares,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.5 * requests) AS p50,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.95 * requests) AS p95,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.99 * requests) AS p99,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 - 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests) AS p95_low,
            coalesce(
                pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 + 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests),
                pg_catalog.max(bucket)
            ) AS p95_high
        FROM marked
        GROUP BY http_route, http_method, service_name, since
    ),
    pair AS (
        SELECT
            http_route, http_method, service_name,
            pg_catalog.row_number() OVER () AS pair_number,
            coalesce(pg_catalog.max(lines) FILTER (WHERE NOT since), 0) AS lines_before,
            coalesce(pg_catalog.max(lines) FILTER (WHERE since), 0) AS lines_since,
            pg_catalog.max(requests) FILTER (WHERE NOT since) AS requests_before,
            pg_catalog.max(requests) FILTER (WHERE since) AS requests_since,
            pg_catalog.max(failed) FILTER (WHERE NOT since) AS failed_before,
            pg_catalog.max(failed) FILTER (WHERE since) AS failed_since,
            pg_catalog.max(longest) FILTER (WHERE NOT since) AS longest_before,
            pg_catalog.max(longest) FILTER (WHERE since) AS longest_since,
            pg_catalog.max(longer) FILTER (WHERE NOT since) AS longer_before,
            pg_catalog.max(longer) FILTER (WHERE since) AS longer_since,
            pg_catalog.max(queries) FILTER (WHERE NOT since) AS queries_before,
            pg_catalog.max(queries) FILTER (WHERE since) AS queries_since,
            pg_catalog.max(squares) FILTER (WHERE NOT since) AS squares_before,
            pg_catalog.max(squares) FILTER (WHERE since) AS squares_since,
            pg_catalog.max(slowest) FILTER (WHERE NOT since) AS slowest_before,
            pg_catalog.max(slowest) FILTER (WHERE since) AS slowest_since,
            pg_catalog.max(p50) FILTER (WHERE NOT since) AS p50_before,
            pg_catalog.max(p50) FILTER (WHERE since) AS p50_since,
            pg_catalog.max(p99) FILTER (WHERE NOT since) AS p99_before,
            pg_catalog.max(p99) FILTER (WHERE since) AS p99_since,
            pg_catalog.max(p95) FILTER (WHERE NOT since) AS p95_before,
            pg_catalog.max(p95) FILTER (WHERE since) AS p95_since,
            pg_catalog.max(p95_low) FILTER (WHERE NOT since) AS p95_low_before,
            pg_catalog.max(p95_low) FILTER (WHERE since) AS p95_low_since,
            pg_catalog.max(p95_high) FILTER (WHERE NOT since) AS p95_high_before,
            pg_catalog.max(p95_high) FILTER (WHERE since) AS p95_high_since
        FROM side
        GROUP BY http_route, http_method, service_name
    ),
    tested AS (
        SELECT pair.*, test.*
        FROM pair
        CROSS JOIN LATERAL (
            SELECT
                extract(epoch FROM recent)::double precision AS recent,
                extract(epoch FROM before)::double precision AS before
        ) AS time
        CROSS JOIN LATERAL (
            VALUES
                ('slower', 'speed', pg_catalog.power(2, (p95_since - p95_before)::double precision / 16),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longest_since * lines_since, lines_since, longest_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longer_since * lines_since, lines_since, longer_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    ),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longest_since * lines_since + longest_before * lines_before), lines_since, greatest(0, longest_since * lines_since + longest_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longer_since * lines_since + longer_before * lines_before), lines_since, greatest(0, longer_since * lines_since + longer_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    )),
                ('failing', 'failures', failed_since / greatest(failed_before, 0.5 / nullif(lines_before, 0)),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (failed_since * lines_since, lines_since, failed_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, failed_since * lines_since + failed_before * lines_before), lines_since, greatest(0, failed_since * lines_since + failed_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )),
                (
                    CASE WHEN lines_before > 0 THEN 'busier' ELSE 'new' END, 'traffic', lines_since / time.recent / nullif(lines_before / time.before, 0),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (lines_since, time.recent, lines_before, time.before)) AS rates (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (VALUES (x - 0.5, (x + y) * n / (n + m)), (y + 0.5, (x + y) * m / (n + m))) AS cell (found, expected)
                WHERE found > 0
            ) AS likelihood (ratio)
        ),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (lines_since + lines_before, time.recent, 0, time.before)) AS rates (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (VALUES (x - 0.5, (x + y) * n / (n + m)), (y + 0.5, (x + y) * m / (n + m))) AS cell (found, expected)
                WHERE found > 0
            ) AS likelihood (ratio)
        )
                ),
                (
                    'gone', 'traffic', CASE WHEN lines_since > 0 THEN 0 END,
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (lines_before, time.before, lines_since, time.recent)) AS rates (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (VALUES (x - 0.5, (x + y) * n / (n + m)), (y + 0.5, (x + y) * m / (n + m))) AS cell (found, expected)
                WHERE found > 0
            ) AS likelihood (ratio)
        ),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (lines_since + lines_before, time.before, 0, time.recent)) AS rates (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (VALUES (x - 0.5, (x + y) * n / (n + m)), (y + 0.5, (x + y) * m / (n + m))) AS cell (found, expected)
                WHERE found > 0
            ) AS likelihood (ratio)
        )
                )
        ) AS test (change, family, times, chance, attainable)
    ),
    attained AS (
        SELECT *, pg_catalog.row_number() OVER (PARTITION BY family ORDER BY attainable) AS place
        FROM tested
    ),
    bounded AS (
        SELECT *, coalesce(pg_catalog.max(place) FILTER (WHERE attainable * place * 3 <= 0.05) OVER (PARTITION BY family), 0) AS places
        FROM attained
    ),
    ordered AS (
        SELECT
            *,
            pg_catalog.row_number() OVER (PARTITION BY family ORDER BY chance) AS rank,
            pg_catalog.count(*) OVER (PARTITION BY family) AS tests
        FROM bounded
        WHERE attainable * (places + 1) * 3 <= 0.05
    ),
    corrected AS (
        SELECT *, least(1, 3 * pg_catalog.max(chance * (tests - rank + 1)) OVER (PARTITION BY family ORDER BY rank)) AS overall
        FROM ordered
    )
    SELECT
        change,
        pg_catalog.round(times::numeric, 1),
        least(lines_before, lines_since) < 100,
        corrected.service_name,
        corrected.http_method,
        corrected.http_route,
        coalesce(exactly_before.p95, least(CASE WHEN corrected.p95_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (corrected.p95_before + 0.5)::double precision / 16) / 1000000) END, slowest_before)),
        coalesce(exactly_recent.p95, least(CASE WHEN corrected.p95_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (corrected.p95_since + 0.5)::double precision / 16) / 1000000) END, slowest_since)),
        pg_catalog.round((100 * failed_before)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_before, 0))))::integer)),
        pg_catalog.round((100 * failed_since)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_since, 0))))::integer)),
        lines_before::bigint,
        lines_since::bigint,
        CASE WHEN p95_low_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_low_before + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_high_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_high_before + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_low_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_low_since + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_high_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_high_since + 0.5)::double precision / 16) / 1000000) END,
        pg_catalog.round((greatest(overall, 1e-9))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(greatest(overall, 1e-9), 0))))::integer)),
        CASE WHEN exact THEN 'exact' ELSE '±2.2 %'::text END
    FROM corrected
    LEFT JOIN "public"."canonical_api_line_speed"(recent, until, service, method, route, environment, exact => exact) AS exactly_recent
        ON exact
        AND (exactly_recent.service_name, exactly_recent.http_method, exactly_recent.http_route)
            IS NOT DISTINCT FROM (corrected.service_name, corrected.http_method, corrected.http_route)
    LEFT JOIN "public"."canonical_api_line_speed"(before, ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - recent) AT TIME ZONE 'UTC', service, method, route, environment, exact => exact) AS exactly_before
        ON exact
        AND (exactly_before.service_name, exactly_before.http_method, exactly_before.http_route)
            IS NOT DISTINCT FROM (corrected.service_name, corrected.http_method, corrected.http_route)
    WHERE overall <= 0.05
        AND coalesce(times >= CASE change WHEN 'busier' THEN greatest(2, at_least) ELSE at_least END, true)
    ORDER BY change IN ('slower', 'failing') DESC, times DESC NULLS LAST, change, corrected.http_method, corrected.http_route, corrected.service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_changes" IS
'What got slower, started to fail, or came and went? Each route that has more of the slowest requests of both windows than chance explains, or that fails more often (status 500 and above, or an error beside a status below 400), if the 95th percentile or the share of failures grew at_least so many times; then routes with at least twice the traffic, new ones, and those that are gone. chance is the probability that chance alone makes any such change among all routes; more than 0.05 is left out. from and to are the confidence interval of 95 percent of p95. Both windows together, if they have more than three hours, are answered from history unless exact: accuracy says how far off percentiles can be. [canonical_line 8d4b6faf]';

CREATE FUNCTION "public"."canonical_api_line_errors"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL
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
    FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
    WHERE status >= 400 OR error_code IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY (status >= 500 OR status < 400 AND error_code IS NOT NULL) DESC, 7 DESC, 1, 2, 3, 4, 5, 6;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_errors" IS
'What goes wrong, where, since when and for how many accounts? Failures (status 500 and above, or an error beside a status below 400, as GraphQL has) come first, then the most frequent. [canonical_line a9b02292]';

-- Each kind of error has a number by its frequency, and those beyond top share the next one.
-- LIMIT drops nothing: it and DISTINCT tell the planner how few kinds and steps there are.
CREATE FUNCTION "public"."canonical_api_line_failures"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
                        FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
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
'What broke when? Requests with a status of 400 and above, or with an error, by error, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC), zeros included. Errors beyond the top most frequent ones are counted together, under neither status nor error, as is a window without any. [canonical_line bea7c5ba]';

-- The slowest lines are found first, so that only their statistics are read.
CREATE FUNCTION "public"."canonical_api_line_slowest"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
    trace_id text,
    account_id text
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
        trace_id,
        account_id
    FROM (
        SELECT *
        FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
        ORDER BY duration DESC
        LIMIT top
    ) AS slowest
    ORDER BY duration DESC, created_at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_slowest" IS
'Which requests were slowest, and where did their time go? own is the time in which no outgoing call was running; waiting is for a database connection; database and outgoing (HTTP, RPC, messages and other calls) are sums, so they can exceed the duration if calls ran in parallel. [canonical_line a1e89504]';

-- Lines of one weight are added up first, so that the weight is applied to sums and not to
-- each line. Numbers in jsonb are numeric and are added up as such: converting each would
-- take longer than everything else.
CREATE FUNCTION "public"."canonical_api_line_costs"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
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
        FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, with_statistics => true)
        WHERE NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"())
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_costs" IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, and percent_busy the route''s share of that. The other shares are of the route''s own time and can exceed 100 if calls ran in parallel. Windows of more than three hours are answered from history unless exact, with the same sums. [canonical_line be77b7cc]';

-- The sums of costs, step by step.
CREATE FUNCTION "public"."canonical_api_line_spent"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    queries numeric,
    busy interval,
    own interval,
    database interval,
    waiting interval,
    outgoing interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        pg_catalog.round(coalesce(queries, 0)),
        coalesce(busy, 0)::double precision * interval '1 s',
        coalesce(own, 0)::double precision * interval '1 s',
        coalesce(database, 0)::double precision * interval '1 s',
        coalesce(waiting, 0)::double precision * interval '1 s',
        coalesce(outgoing, 0)::double precision * interval '1 s',
        'exact'::text
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
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(busy) AS busy,
            pg_catalog.sum(own) AS own,
            pg_catalog.sum(database) AS database,
            pg_catalog.sum(waiting) AS waiting,
            pg_catalog.sum(outgoing) AS outgoing
        FROM (
            SELECT at, requests, queries, busy, own, database, waiting, outgoing
            FROM (
                SELECT at, lines * weight AS n,
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
                    SELECT at, per_line::numeric AS weight, pg_catalog.count(*) AS lines,
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
                        SELECT pg_catalog.date_bin(greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), created_at, 'epoch') AS at, requests AS per_line, duration, status, error_code, statistics
                        FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
                        WHERE (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) OR NOT (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
                        OFFSET bigint '0'
                    ) AS lines
                    GROUP BY at, per_line
                ) AS weights
            ) AS counted
            UNION ALL
            SELECT at, requests, queries, busy, own, database, waiting, outgoing
            FROM "public"."canonical_api_line_past"(since, until, service, method, route, environment, with_status, of_account, greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s'), by_route => false, with_statistics => true)
            WHERE NOT (exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR NOT "public"."canonical_api_line_kept"()) AND (extract(epoch FROM greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')) % 3600 = 0)
        ) AS sums
        GROUP BY at
    ) AS spent USING (at)
    ORDER BY at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_spent" IS
'Where does time go, step by step? How long requests ran in all, and of that in the service itself, in the database, waiting for a connection and in calls to others, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC). Calls that ran in parallel add up. Windows of more than three hours whose steps are whole hours are answered from history unless exact, with the same sums. [canonical_line a5dc05bc]';

-- Only lines that repeat a statement have db_max_repeat. The other statistics are read only
-- where it is high. The median is that of counts, which several nodes can take.
CREATE FUNCTION "public"."canonical_api_line_n_plus_one"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
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
        statement,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.sum(lines)::bigint,
        pg_catalog.min(repeat) FILTER (WHERE upto >= 0.5 * of_all),
        pg_catalog.max(repeat),
        pg_catalog.round(pg_catalog.sum(queries)),
        pg_catalog.sum(busy) * interval '1 s'
    FROM (
        SELECT
            *,
            pg_catalog.sum(lines) OVER (of_statement ORDER BY repeat) AS upto,
            pg_catalog.sum(lines) OVER of_statement AS of_all
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                statistics ->> 'db_max_repeat_query'::text AS statement,
                CASE pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) WHEN 'number' THEN (statistics -> 'db_max_repeat'::text)::numeric END AS repeat,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum(CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END * requests::numeric) AS queries,
                pg_catalog.sum((CASE pg_catalog.jsonb_typeof(statistics -> 'db_duration'::text) WHEN 'number' THEN (statistics -> 'db_duration'::text)::numeric END)::double precision * requests) AS busy
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
            WHERE statistics -> 'db_max_repeat'::text >= pg_catalog.to_jsonb(repeats)
                AND pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) = 'number'
            GROUP BY 1, 2, 3, 4, 5
        ) AS repeated
        WINDOW of_statement AS (PARTITION BY service_name, http_method, http_route, statement)
    ) AS ranked
    GROUP BY 1, 2, 3, 4
    ORDER BY 9 DESC NULLS LAST, 1, 2, 3, 4;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_n_plus_one" IS
'Which route runs one statement for each row (N+1)? Requests that ran one statement at least repeats times, grouped by that statement, with all their queries and the time spent in them; the most queries first. [canonical_line 8fc3efe0]';

-- Lines are first added up once, in parallel, for each combination of the three kinds of
-- caller and of the weight. The sums are then added up for each kind.
CREATE FUNCTION "public"."canonical_api_line_callers"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    top integer DEFAULT 10
) RETURNS TABLE (
    kind text,
    caller text,
    requests bigint,
    percent_requests numeric,
    busy interval,
    refused bigint,
    failed bigint,
    last_at timestamptz,
    account_id text
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
        last_at,
        CASE WHEN kind = 'account' THEN account_id END
    FROM (
        SELECT
            account_id,
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
            FROM "public"."canonical_api_line_window"(since, until, service, method, route, environment, with_status, of_account)
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
'Who hammers us, and for whom does it fail? The accounts, addresses and user agents with the most requests and those with the most errors (refused: status 400 to 499, failed: 500 and above, or an error beside a status below 400); busy is how long their requests ran in all. An account is shown by its mail address if it has one; NULL stands for requests without the value. [canonical_line 12ec78a7]';

-- A value counts as different if the confidence intervals of its two shares lie apart. They
-- hold for all values together: 0.05 is divided by the number of values (Bonferroni).
-- exp(-z * z / 2) / 2 bounds the tail of the normal distribution beyond z, which gives z.
--
-- The columns are the table's own, so the query is made when the question is asked. The
-- search_path keeps others' functions and operators out of it.
CREATE FUNCTION "public"."canonical_api_line_differences"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    slower_than interval DEFAULT NULL,
    faster_than interval DEFAULT NULL,
    status text DEFAULT NULL,
    error text DEFAULT NULL,
    selected_route text DEFAULT NULL,
    selected_from timestamptz DEFAULT NULL,
    selected_until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    field text,
    value text,
    percent_selected numeric,
    percent_others numeric,
    lines_selected bigint,
    lines_others bigint,
    score numeric,
    note text
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off
AS $answer$
DECLARE
    -- So many lines of either kind are enough to tell shares apart.
    enough_selected CONSTANT double precision := 10000;
    enough_others CONSTANT double precision := 20000;
    lines CONSTANT regclass := '"public"."canonical_api_line"';
    known CONSTANT name[] := ARRAY(
        SELECT attname FROM pg_attribute
        WHERE attrelid = lines AND attnum > 0 AND NOT attisdropped AND has_column_privilege(attrelid, attnum, 'SELECT')
    );
    can_sample CONSTANT boolean := (SELECT relkind IN ('r', 'p', 'm') FROM pg_class WHERE oid = lines);
    found CONSTANT text := concat_ws(' AND ',
        'created_at > ' || quote_literal(((coalesce(until, now()) AT TIME ZONE 'UTC') - since) AT TIME ZONE 'UTC'),
        'created_at <= ' || quote_literal(coalesce(until, 'infinity')),
        'service_name = ANY (' || quote_literal(string_to_array(service, E'\n')) || ')',
        'http_method = ANY (' || quote_literal(string_to_array(method, E'\n')) || ')',
        'http_route = ANY (' || quote_literal(string_to_array(route, E'\n')) || ')',
        'deployment_environment = ANY (' || quote_literal(string_to_array(environment, E'\n')) || ')',
        'status::text LIKE ANY (' || quote_literal(string_to_array(replace(lower(with_status), 'x', '_'), E'\n')) || ')',
        '(account_id::text = ANY (' || quote_literal(string_to_array(of_account, E'\n'))
            || ') OR account_email = ANY (' || quote_literal(string_to_array(of_account, E'\n')) || '))'
    );
    -- Each line has values of its own here.
    apart name[] := '{id, created_at, updated_at, duration, adjusted_count, request_id, trace_id, span_id, idempotency_key}';
    fields text;
    selected text;
    counted bigint;
    by_pages boolean := false;
    selected_percent double precision := 100;
    others_percent double precision := 100;
BEGIN
    IF can_sample THEN
        EXECUTE format('SELECT 1000 * count(*) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line', lines, ' TABLESAMPLE SYSTEM (0.1)', found) INTO counted;
        by_pages := counted > 1000000;
        IF NOT by_pages THEN
            EXECUTE format('SELECT count(*) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line', lines, '', found) INTO counted;
        END IF;
        others_percent := least(100, 100 * enough_others / greatest(counted, 1));
    END IF;
    IF num_nonnulls(slower_than, faster_than, status, error, selected_route, selected_from, selected_until) = 0 THEN
        EXECUTE format('SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY duration) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line',
            lines, CASE WHEN by_pages AND others_percent < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', others_percent) ELSE '' END, found || CASE WHEN NOT by_pages AND others_percent < 100 THEN format(' AND random() < %s', others_percent / 100) ELSE '' END) INTO slower_than;
        IF slower_than IS NULL THEN
            RETURN;
        END IF;
    END IF;
    selected := concat_ws(' AND ',
        'duration >= ' || quote_literal(slower_than),
        'duration < ' || quote_literal(faster_than),
        'status::text LIKE ' || quote_literal(replace(lower(status), 'x', '_')),
        'api_error_code = ' || quote_literal(error),
        'http_route = ' || quote_literal(selected_route),
        'created_at > ' || quote_literal(selected_from),
        'created_at <= ' || quote_literal(selected_until)
    );
    IF others_percent < 100 THEN
        EXECUTE format('SELECT count(*) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line',
            lines, CASE WHEN by_pages AND others_percent < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', others_percent) ELSE '' END, found || CASE WHEN NOT by_pages AND others_percent < 100 THEN format(' AND random() < %s', others_percent / 100) ELSE '' END || ' AND ' || selected) INTO counted;
        selected_percent := least(100, others_percent * enough_selected / greatest(counted, 1));
    END IF;
    -- What the lines were selected by is no difference.
    IF num_nonnulls(status, error) > 0 THEN
        apart := apart || ARRAY(SELECT attname FROM unnest(known) AS attname WHERE attname = 'status' OR starts_with(attname, 'api_error_'));
    END IF;
    IF selected_route IS NOT NULL THEN
        apart := apart || '{http_route, http_path, http_path_original}'::name[];
    END IF;
    fields := (
        SELECT string_agg(format('(%L, left(line.%I::text, 200))', attname, attname), ', ')
        FROM pg_attribute
        JOIN pg_type ON pg_type.oid = atttypid
        WHERE attrelid = lines AND attname = ANY (known) AND attname <> ALL (apart)
            AND typcategory NOT IN ('D', 'T') AND typname NOT IN ('json', 'jsonb', 'bytea', 'xml')
    );

    RETURN QUERY EXECUTE format($query$
        WITH share AS (
            SELECT
                field,
                value,
                count(*) FILTER (WHERE "is selected") AS n,
                count(*) FILTER (WHERE NOT "is selected") AS others_n,
                coalesce(sum("its weight") FILTER (WHERE "is selected"), 0) AS weight,
                coalesce(sum("its weight") FILTER (WHERE NOT "is selected"), 0) AS others_weight,
                sum("its weight" ^ 2) FILTER (WHERE "is selected") AS squares,
                sum("its weight" ^ 2) FILTER (WHERE NOT "is selected") AS others_squares
            FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                )
            CROSS JOIN LATERAL (
                SELECT true AS "is selected", coalesce(adjusted_count, 1)::double precision AS "its weight", statistics::jsonb AS "its statistics", *
                FROM %1$s%2$s
                WHERE %4$s AND %6$s
                UNION ALL
                SELECT false, coalesce(adjusted_count, 1)::double precision, statistics::jsonb, *
                FROM %1$s%3$s
                WHERE %5$s AND (%6$s) IS NOT TRUE
            ) AS line
            CROSS JOIN LATERAL (
                VALUES (NULL, NULL), %7$s
                UNION ALL
                SELECT
                    'statistics.' || key,
                    CASE jsonb_typeof(number) WHEN 'number' THEN CASE WHEN (number::double precision) < 2 THEN trunc((number::double precision))::text
                        ELSE 2 ^ floor(ln((number::double precision)) / ln(2) + 1e-9) || ' to ' || 2 ^ (floor(ln((number::double precision)) / ln(2) + 1e-9) + 1) - 1 END ELSE left(number #>> '{}', 200) END
                FROM jsonb_each(CASE jsonb_typeof("its statistics") WHEN 'object' THEN "its statistics" END) AS statistic (key, number)
                WHERE key NOT LIKE '%%duration' AND key <> 'spans' AND jsonb_typeof(number) IN ('number', 'string', 'boolean')
            ) AS field (field, value)
            GROUP BY field, value
        ),
        compared AS (
            SELECT
                share.*,
                least(1, share.weight / total.weight) AS p,
                least(1, share.others_weight / total.others_weight) AS others_p,
                -- So many lines of equal weight say as much.
                total.weight ^ 2 / total.squares AS size,
                total.others_weight ^ 2 / total.others_squares AS others_size,
                2 * ln(count(*) OVER () / 0.05)::double precision AS z2,
                count(*) OVER of_field AS values,
                sum(share.n + share.others_n) OVER of_field AS lines
            FROM share
            JOIN share AS total ON total.field IS NULL AND total.weight > 0 AND total.others_weight > 0
            WHERE share.field IS NOT NULL
            WINDOW of_field AS (PARTITION BY share.field)
        ),
        listed AS (
            SELECT *, round((100 * (abs(mine.center - theirs.center) - mine.reach - theirs.reach))::numeric, 2) AS score
            FROM compared
            CROSS JOIN LATERAL (
                SELECT
                    (p + z2 / (2 * n)) / (1 + z2 / n) AS center,
                    sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n) AS reach
                FROM (VALUES (p, size)) AS share (p, n)
            ) AS mine
            CROSS JOIN LATERAL (
                SELECT
                    (p + z2 / (2 * n)) / (1 + z2 / n) AS center,
                    sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n) AS reach
                FROM (VALUES (others_p, others_size)) AS share (p, n)
            ) AS theirs
            WHERE abs(mine.center - theirs.center) > mine.reach + theirs.reach
            ORDER BY score DESC, p > others_p DESC, field, value
            LIMIT %8$L
        )
        (
            SELECT field, value, pg_catalog.round((100 * p)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * p, 0))))::integer)), pg_catalog.round((100 * others_p)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * others_p, 0))))::integer)), n, others_n, score, %9$L
            FROM listed
            ORDER BY score DESC, p > others_p DESC, field, value
        )
        UNION ALL
        (
            SELECT DISTINCT field, NULL, NULL::numeric, NULL::numeric, NULL::bigint, NULL::bigint, NULL::numeric,
                concat_ws('; ', values || ' values in ' || lines || ' lines', %9$L)
            FROM compared
            WHERE values > lines / 2 AND field NOT IN (SELECT field FROM listed)
            ORDER BY field
        )
    $query$,
        lines, CASE WHEN by_pages AND selected_percent < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', selected_percent) ELSE '' END, CASE WHEN by_pages AND others_percent < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', others_percent) ELSE '' END,
        found || CASE WHEN NOT by_pages AND selected_percent < 100 THEN format(' AND random() < %s', selected_percent / 100) ELSE '' END, found || CASE WHEN NOT by_pages AND others_percent < 100 THEN format(' AND random() < %s', others_percent / 100) ELSE '' END, selected, fields, top,
        CASE WHEN others_percent < 100 THEN
            format('sampled: %s%% of the %s for the selected lines, %s%% for the others',
                round(selected_percent::numeric, 2), CASE WHEN by_pages THEN 'pages' ELSE 'lines' END, round(others_percent::numeric, 2))
        END);
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_differences" IS
'What is different about the slow ones? The selected lines of a window against its others: each value of a column, or of a statistic that is no duration, whose share differs by more than chance explains, the largest difference first. Selected are the slowest 5 percent, or else the lines slower_than, faster_than, with a status (404, 5xx), an error code, of a route, or of a part of the window. score is by how many percentage points the shares differ at least. Where values are nearly as many as lines, a note says how many. [canonical_line 358e99e6]';

-- The version before is the one that served most of the lines until the new one began. If it
-- serves beside the new one for at least half of the time, as it does beside a canary, only
-- what it served since then is compared, so that both had the same traffic.
--
-- There are far fewer routes and buckets than lines, which the planner does not know, so it would
-- sort the lines.
--
-- Routes are compared as in changes.sql, and the queries of a request by their means (Welch).
CREATE FUNCTION "public"."canonical_api_line_deploys"(
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL,
    at_least numeric DEFAULT 1.2
) RETURNS TABLE (
    service_name text,
    deployment_environment text,
    service_version text,
    version_before text,
    began timestamptz,
    beside boolean,
    change text,
    times numeric,
    http_method text,
    http_route text,
    p95_before interval,
    p95_since interval,
    percent_failed_before numeric,
    percent_failed_since numeric,
    queries_before numeric,
    queries_since numeric,
    lines_before bigint,
    lines_since bigint,
    chance numeric,
    note text
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off
SET enable_sort = off
AS $answer$
DECLARE
    lines CONSTANT regclass := '"public"."canonical_api_line"';
    found CONSTANT text := concat_ws(' AND ',
        'created_at > ' || quote_literal(((coalesce(until, now()) AT TIME ZONE 'UTC') - since) AT TIME ZONE 'UTC'),
        'created_at <= ' || quote_literal(coalesce(until, 'infinity')),
        'service_name = ANY (' || quote_literal(string_to_array(service, E'\n')) || ')',
        'http_method = ANY (' || quote_literal(string_to_array(method, E'\n')) || ')',
        'http_route = ANY (' || quote_literal(string_to_array(route, E'\n')) || ')',
        'deployment_environment = ANY (' || quote_literal(string_to_array(environment, E'\n')) || ')',
        'status::text LIKE ANY (' || quote_literal(string_to_array(replace(lower(with_status), 'x', '_'), E'\n')) || ')',
        '(account_id::text = ANY (' || quote_literal(string_to_array(of_account, E'\n'))
            || ') OR account_email = ANY (' || quote_literal(string_to_array(of_account, E'\n')) || '))'
    );
    counted bigint;
    by_pages boolean := false;
    few double precision := 100;
    many double precision := 100;
    deployed jsonb;
BEGIN
    IF (SELECT relkind IN ('r', 'p', 'm') FROM pg_class WHERE oid = lines) THEN
        EXECUTE format('SELECT 1000 * count(*) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line', lines, ' TABLESAMPLE SYSTEM (0.1)', found) INTO counted;
        by_pages := counted > 1000000;
        IF NOT by_pages THEN
            EXECUTE format('SELECT count(*) FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                ) CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line', lines, '', found) INTO counted;
        END IF;
        few := least(100, 100 * 100000.0 / greatest(counted, 1));
        many := least(100, 100 * 500000.0 / greatest(counted, 1));
    END IF;
    EXECUTE format($query$
        WITH version AS (
            SELECT
                line.service_name,
                line.deployment_environment,
                line.service_version,
                min(created_at) AS began,
                max(created_at) AS ended,
                count(*) AS lines,
                -- Versions that begin together, but for so much, were there before.
                (max(max(created_at)) OVER () - min(min(created_at)) OVER ()) / 100 AS margin
            FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                )
            CROSS JOIN LATERAL (
                SELECT created_at, service_name::text, deployment_environment::text, service_version::text
                FROM %1$s%2$s
                WHERE %3$s AND service_version IS NOT NULL
            ) AS line
            GROUP BY 1, 2, 3
        )
        SELECT jsonb_agg(version.*)
        FROM (
            SELECT
                version.service_name,
                version.deployment_environment,
                version.service_version,
                before.service_version AS version_before,
                version.began,
                before.ended > version.began + (version.ended - version.began) / 2 AS beside
            FROM version
            CROSS JOIN LATERAL (
                SELECT before.*
                FROM version AS before
                CROSS JOIN LATERAL (SELECT before.ended > version.began - version.margin) AS served (until_then)
                WHERE before.service_name IS NOT DISTINCT FROM version.service_name
                    AND before.deployment_environment IS NOT DISTINCT FROM version.deployment_environment
                    AND before.began < version.began - version.margin
                ORDER BY until_then DESC, CASE WHEN until_then THEN before.lines END DESC, before.ended DESC
                LIMIT 1
            ) AS before
        ) AS version
    $query$, lines, CASE WHEN by_pages AND few < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', few) ELSE '' END, found || CASE WHEN NOT by_pages AND few < 100 THEN format(' AND random() < %s', few / 100) ELSE '' END) INTO deployed;

    RETURN QUERY EXECUTE format($query$
        WITH deploy AS MATERIALIZED (
            SELECT *
            FROM ROWS FROM (jsonb_to_recordset(%4$L) AS (
                service_name text, deployment_environment text, service_version text, version_before text, began timestamptz, beside boolean
            )) WITH ORDINALITY AS deploy (service_name, deployment_environment, service_version, version_before, began, beside, number)
        ),
        part AS (
            SELECT
                number,
                http_method,
                http_route,
                since,
                coalesce(CASE WHEN duration > interval '0' THEN pg_catalog.ceil(pg_catalog.ln(pg_catalog.date_part('epoch', duration) * 1000000) * 23.083120654223414 - 0.000000001)::integer - 1 END, -10000) AS bucket,
                sum(requests)::numeric AS n,
                count(*) AS lines,
                max(duration) AS slowest,
                (sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)))::numeric AS failed,
                sum(requests * queries)::numeric AS queries,
                sum(requests * queries * queries)::numeric AS squares
            FROM (
                SELECT number, service_name, deployment_environment, service_version AS version, true AS since, timestamptz '-infinity' AS start
                FROM deploy
                UNION ALL
                SELECT number, service_name, deployment_environment, version_before, false, CASE WHEN beside THEN began ELSE '-infinity' END
                FROM deploy
            ) AS side
            JOIN (
                SELECT line.*
                FROM (VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                )
                CROSS JOIN LATERAL (
                    SELECT
                        created_at,
                        service_name::text,
                        deployment_environment::text,
                        service_version::text,
                        http_method::text,
                        http_route::text,
                        status,
                        api_error_code::text AS error_code,
                        duration,
                        coalesce(adjusted_count, 1)::double precision AS requests,
                        coalesce(CASE pg_catalog.jsonb_typeof(statistics -> 'db_num_queries'::text) WHEN 'number' THEN (statistics -> 'db_num_queries'::text)::numeric END, 0)::double precision AS queries
                    FROM %1$s%2$s
                    WHERE %3$s AND service_version IS NOT NULL
                ) AS line
            ) AS line
                ON line.service_version = side.version
                AND line.service_name IS NOT DISTINCT FROM side.service_name
                AND line.deployment_environment IS NOT DISTINCT FROM side.deployment_environment
                AND line.created_at >= side.start
            GROUP BY 1, 2, 3, 4, 5
        ),
        counted AS (
        SELECT
            number, http_method, http_route, since, bucket,
            pg_catalog.sum(n) AS n,
            pg_catalog.sum(lines) AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(squares) AS squares
        FROM part
        GROUP BY number, http_method, http_route, since, bucket
    ),
    ranked AS (
        SELECT
            *,
            pg_catalog.sum(n) OVER (of_side ORDER BY bucket NULLS FIRST) AS upto,
            pg_catalog.sum(n) OVER of_side AS requests,
            pg_catalog.sum(lines) OVER of_side AS of_lines,
            pg_catalog.sum(n) OVER (of_both ORDER BY bucket NULLS FIRST) AS both_upto,
            pg_catalog.sum(n) OVER of_both AS both_requests
        FROM counted
        WINDOW of_side AS (PARTITION BY number, http_method, http_route, since), of_both AS (PARTITION BY number, http_method, http_route)
    ),
    marked AS (
        SELECT
            *,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.95 * both_requests) OVER of_both AS tail,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.75 * both_requests) OVER of_both AS quarter
        FROM ranked
        WINDOW of_both AS (PARTITION BY number, http_method, http_route)
    ),
    side AS (
        SELECT
            number, http_method, http_route, since,
            pg_catalog.max(of_lines)::double precision AS lines,
            nullif(pg_catalog.max(requests), 0)::double precision AS requests,
            coalesce(pg_catalog.sum(failed) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS failed,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= tail) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longest,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= quarter) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longer,
            (pg_catalog.sum(queries) / nullif(pg_catalog.max(requests), 0))::double precision AS queries,
            (pg_catalog.sum(squares) / nullif(pg_catalog.max(requests), 0))::double precision AS squares,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.5 * requests) AS p50,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.95 * requests) AS p95,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.99 * requests) AS p99,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 - 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests) AS p95_low,
            coalesce(
                pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 + 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests),
                pg_catalog.max(bucket)
            ) AS p95_high
        FROM marked
        GROUP BY number, http_method, http_route, since
    ),
        pair AS (
        SELECT
            number, http_method, http_route,
            pg_catalog.row_number() OVER () AS pair_number,
            coalesce(pg_catalog.max(lines) FILTER (WHERE NOT since), 0) AS lines_before,
            coalesce(pg_catalog.max(lines) FILTER (WHERE since), 0) AS lines_since,
            pg_catalog.max(requests) FILTER (WHERE NOT since) AS requests_before,
            pg_catalog.max(requests) FILTER (WHERE since) AS requests_since,
            pg_catalog.max(failed) FILTER (WHERE NOT since) AS failed_before,
            pg_catalog.max(failed) FILTER (WHERE since) AS failed_since,
            pg_catalog.max(longest) FILTER (WHERE NOT since) AS longest_before,
            pg_catalog.max(longest) FILTER (WHERE since) AS longest_since,
            pg_catalog.max(longer) FILTER (WHERE NOT since) AS longer_before,
            pg_catalog.max(longer) FILTER (WHERE since) AS longer_since,
            pg_catalog.max(queries) FILTER (WHERE NOT since) AS queries_before,
            pg_catalog.max(queries) FILTER (WHERE since) AS queries_since,
            pg_catalog.max(squares) FILTER (WHERE NOT since) AS squares_before,
            pg_catalog.max(squares) FILTER (WHERE since) AS squares_since,
            pg_catalog.max(slowest) FILTER (WHERE NOT since) AS slowest_before,
            pg_catalog.max(slowest) FILTER (WHERE since) AS slowest_since,
            pg_catalog.max(p50) FILTER (WHERE NOT since) AS p50_before,
            pg_catalog.max(p50) FILTER (WHERE since) AS p50_since,
            pg_catalog.max(p99) FILTER (WHERE NOT since) AS p99_before,
            pg_catalog.max(p99) FILTER (WHERE since) AS p99_since,
            pg_catalog.max(p95) FILTER (WHERE NOT since) AS p95_before,
            pg_catalog.max(p95) FILTER (WHERE since) AS p95_since,
            pg_catalog.max(p95_low) FILTER (WHERE NOT since) AS p95_low_before,
            pg_catalog.max(p95_low) FILTER (WHERE since) AS p95_low_since,
            pg_catalog.max(p95_high) FILTER (WHERE NOT since) AS p95_high_before,
            pg_catalog.max(p95_high) FILTER (WHERE since) AS p95_high_since
        FROM side
        GROUP BY number, http_method, http_route
    ),
        tested AS (
            SELECT pair.*, test.*
            FROM pair
            CROSS JOIN LATERAL (
                VALUES
                    ('slower', 'speed', pg_catalog.power(2, (p95_since - p95_before)::double precision / 16),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longest_since * lines_since, lines_since, longest_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longer_since * lines_since, lines_since, longer_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    ),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longest_since * lines_since + longest_before * lines_before), lines_since, greatest(0, longest_since * lines_since + longest_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longer_since * lines_since + longer_before * lines_before), lines_since, greatest(0, longer_since * lines_since + longer_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    )),
                    ('failing', 'failures', failed_since / greatest(failed_before, 0.5 / nullif(lines_before, 0)),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (failed_since * lines_since, lines_since, failed_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, failed_since * lines_since + failed_before * lines_before), lines_since, greatest(0, failed_since * lines_since + failed_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )),
                    ('more queries', 'queries', queries_since / greatest(queries_before, 0.1),
                    CASE WHEN queries_since > queries_before AND least(lines_since, lines_before) >= 30
                        THEN least(1, pg_catalog.exp(-least(700, greatest(pg_catalog.power(queries_since - queries_before, 2) / 2 / greatest((squares_since - queries_since * queries_since) / lines_since + (squares_before - queries_before * queries_before) / lines_before, 1e-6), 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(pg_catalog.power(queries_since - queries_before, 2) / 2 / greatest((squares_since - queries_since * queries_since) / lines_since + (squares_before - queries_before * queries_before) / lines_before, 1e-6), 0.05))) ELSE 1 END,
                    CASE WHEN least(lines_since, lines_before) >= 30 THEN 0 ELSE 1 END)
            ) AS test (change, family, times, chance, attainable)
            WHERE lines_before > 0 AND lines_since > 0
        ),
        attained AS (
        SELECT *, pg_catalog.row_number() OVER (PARTITION BY family ORDER BY attainable) AS place
        FROM tested
    ),
    bounded AS (
        SELECT *, coalesce(pg_catalog.max(place) FILTER (WHERE attainable * place * 3 <= 0.05) OVER (PARTITION BY family), 0) AS places
        FROM attained
    ),
    ordered AS (
        SELECT
            *,
            pg_catalog.row_number() OVER (PARTITION BY family ORDER BY chance) AS rank,
            pg_catalog.count(*) OVER (PARTITION BY family) AS tests
        FROM bounded
        WHERE attainable * (places + 1) * 3 <= 0.05
    ),
    corrected AS (
        SELECT *, least(1, 3 * pg_catalog.max(chance * (tests - rank + 1)) OVER (PARTITION BY family ORDER BY rank)) AS overall
        FROM ordered
    )
        SELECT
            deploy.service_name,
            deploy.deployment_environment,
            deploy.service_version,
            deploy.version_before,
            deploy.began,
            deploy.beside,
            coalesce(change, 'none found'),
            round(times::numeric, 1),
            http_method,
            http_route,
            CASE WHEN p95_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_before + 0.5)::double precision / 16) / 1000000) END,
            CASE WHEN p95_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_since + 0.5)::double precision / 16) / 1000000) END,
            pg_catalog.round((100 * failed_before)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_before, 0))))::integer)),
            pg_catalog.round((100 * failed_since)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_since, 0))))::integer)),
            round(queries_before::numeric, 1),
            round(queries_since::numeric, 1),
            lines_before::bigint,
            lines_since::bigint,
            pg_catalog.round((greatest(overall, 1e-9))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(greatest(overall, 1e-9), 0))))::integer)),
            %5$L::text
        FROM deploy
        LEFT JOIN (SELECT * FROM corrected WHERE overall <= 0.05 AND times >= %6$L::numeric) AS found USING (number)
        ORDER BY deploy.began DESC, deploy.service_name, deploy.deployment_environment, times DESC, change, http_method, http_route
    $query$, lines, CASE WHEN by_pages AND many < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', many) ELSE '' END, found || CASE WHEN NOT by_pages AND many < 100 THEN format(' AND random() < %s', many / 100) ELSE '' END, deployed,
        CASE WHEN many < 100 THEN format('sampled: %s%% of the %s', round(many::numeric, 2), CASE WHEN by_pages THEN 'pages' ELSE 'lines' END) END, at_least);
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_deploys" IS
'What did the deploy do? Each version of a service that began in the window against the one before it, on the routes that both served: where it has more of the slowest requests of both than chance explains, fails more often, or runs more queries, if that grew at_least so many times; the latest version first. beside says that both served at the same time, like a canary and the stable version, and are compared over that time. chance is the probability that chance alone makes any such change among all routes and versions; more than 0.05 is left out. p95 is within 2.2 percent; a large window is sampled, see note. [canonical_line 5ead2f6f]';

-- Two windows, as the Site Reliability Workbook has them ("Alerting on SLOs"): the long one shows
-- that it matters, the short one that it goes on. A few failures of a route with little traffic
-- are no alert, however large a share of it they are.
CREATE FUNCTION "public"."canonical_api_line_burn"(
    objective double precision DEFAULT 0.999,
    fast interval DEFAULT '5 minutes',
    slow interval DEFAULT '1 hour',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    threshold double precision DEFAULT 14.4,
    at_least integer DEFAULT 5
) RETURNS TABLE (
    alert boolean,
    service_name text,
    http_method text,
    http_route text,
    burn_fast numeric,
    burn_slow numeric,
    percent_failed_fast numeric,
    percent_failed_slow numeric,
    requests_fast bigint,
    requests_slow bigint,
    failed_slow bigint
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        coalesce(
            least(share_fast, share_slow) >= threshold * (1 - objective) AND failed_lines >= at_least,
            false
        ) AS alert,
        service_name,
        http_method,
        http_route,
        pg_catalog.round((share_fast / nullif(1 - objective, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(share_fast / nullif(1 - objective, 0), 0))))::integer)),
        pg_catalog.round((share_slow / nullif(1 - objective, 0))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(share_slow / nullif(1 - objective, 0), 0))))::integer)),
        pg_catalog.round((100 * share_fast)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * share_fast, 0))))::integer)),
        pg_catalog.round((100 * share_slow)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * share_slow, 0))))::integer)),
        pg_catalog.round(requests_fast)::bigint,
        pg_catalog.round(requests)::bigint,
        failed_lines
    FROM (
        SELECT
            *,
            failed_fast / nullif(requests_fast, 0) AS share_fast,
            failed / nullif(requests, 0) AS share_slow
        FROM (
            SELECT
                http_route,
                http_method,
                service_name,
                pg_catalog.sum(requests) AS requests,
                coalesce(pg_catalog.sum(requests_fast), 0) AS requests_fast,
                coalesce(pg_catalog.sum(failed), 0) AS failed,
                coalesce(pg_catalog.sum(failed_fast), 0) AS failed_fast,
                pg_catalog.sum(failed_lines)::bigint AS failed_lines
            FROM (
                SELECT
                    http_route,
                    http_method,
                    service_name,
                    pg_catalog.sum(requests) AS requests,
                    pg_catalog.sum(requests) FILTER (WHERE is_fast) AS requests_fast,
                    pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)) AS failed,
                    pg_catalog.sum(requests) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL) AND is_fast) AS failed_fast,
                    pg_catalog.count(*) FILTER (WHERE (status >= 500 OR status < 400 AND error_code IS NOT NULL)) AS failed_lines
                FROM (
                    SELECT *, created_at > ((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - fast) AT TIME ZONE 'UTC' AS is_fast
                    FROM "public"."canonical_api_line_window"(slow, until, service, method, route)
                    WHERE ($3 <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
                ) AS lines
                GROUP BY http_route, http_method, service_name
                UNION ALL
                SELECT http_route, http_method, service_name, requests::double precision, NULL, failed::double precision, NULL, failed
                FROM "public"."canonical_api_line_past"(slow, until, service, method, route)
                WHERE NOT ($3 <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
                UNION ALL
                SELECT http_route, http_method, service_name, NULL, requests::double precision, NULL, failed::double precision, 0
                FROM "public"."canonical_api_line_past"(fast, until, service, method, route)
                WHERE NOT ($3 <= interval '3 hours' OR NOT "public"."canonical_api_line_kept"())
            ) AS parts
            GROUP BY http_route, http_method, service_name
        ) AS counted
    ) AS shares
    ORDER BY 1 DESC, share_slow DESC NULLS LAST, requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_burn" IS
'Do failures use up the error budget? How many times as fast as the objective allows each route fails (status 500 and above, or an error beside a status below 400), in a fast and a slow window. alert: both burn at least at the threshold, and at_least so many lines failed, or requests where a slow window of more than three hours is answered from history. At 14.4 times a budget of 30 days lasts two days. [canonical_line b59fdb36]';

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

-- Sizes and counts come from the catalogue and the statistics, so that no line is read.
CREATE FUNCTION "public"."canonical_api_line_sizes"() RETURNS TABLE (
    since timestamptz,
    until timestamptz,
    partition text,
    bytes bigint,
    lines_estimated bigint,
    inserted bigint,
    updated bigint,
    indexed text[]
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        min_since,
        max_until,
        partition,
        part.bytes::bigint,
        part.lines::bigint,
        part.inserted::bigint,
        part.updated::bigint,
        indexed
    FROM (
        SELECT partition, pg_catalog.min(since) AS min_since, pg_catalog.max(until) AS max_until, indexed
        FROM "public"."canonical_api_line_partitions"()
        GROUP BY partition, indexed
    ) AS placed
    CROSS JOIN LATERAL (
        SELECT
            pg_catalog.sum(pg_catalog.pg_total_relation_size(c.oid)) AS bytes,
            pg_catalog.sum(greatest(c.reltuples, 0)::double precision) AS lines,
            pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid)) AS inserted,
            pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(c.oid)) AS updated
        FROM (
            WITH RECURSIVE tree AS (
                SELECT pg_catalog.to_regclass(placed.partition)::oid AS oid
                UNION ALL
                SELECT i.inhrelid FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.oid
            )
            SELECT oid FROM tree
        ) AS member
        JOIN pg_catalog.pg_class AS c ON c.oid = member.oid
    ) AS part
    ORDER BY min_since DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_sizes" IS
'How large is each partition? With the lines that Postgres estimates, and those that were inserted and updated since its statistics began; the latest first. [canonical_line 64371286]';

-- It is PL/pgSQL because only that lets the tables of history be missing until it is called.
CREATE FUNCTION "public"."canonical_api_line_state"() RETURNS TABLE (
    newest timestamptz,
    oldest timestamptz,
    newest_age interval,
    partitions_until timestamptz,
    history_until timestamptz,
    history_hours_waiting bigint
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $answer$
#variable_conflict use_column
BEGIN
    SELECT max(created_at), min(created_at) INTO newest, oldest FROM "public"."canonical_api_line";
    newest_age := now() - newest;
    SELECT max(placed.until) INTO partitions_until FROM "public"."canonical_api_line_partitions"() AS placed WHERE placed.until < 'infinity';
    IF "public"."canonical_api_line_kept"() THEN
        SELECT state.until INTO history_until FROM "public"."canonical_api_line_built" AS state;
        SELECT count(DISTINCT mark.at) INTO history_hours_waiting FROM "public"."canonical_api_line_marks" AS mark WHERE NOT mark.of_day;
    END IF;
    RETURN NEXT;
END
$answer$;
COMMENT ON FUNCTION "public"."canonical_api_line_state" IS
'Is the table well? The newest and the oldest line, until when there are partitions, until when history is built, and how many of its hours have to be built again. [canonical_line 66ec1e2d]';

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
    trace_id text,
    account_id text
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
        line ->> 'trace_id'::text,
        line ->> 'account_id'::text
    FROM "public"."canonical_api_line_look_up"(value, NULL, since, until, top)
    ORDER BY at DESC;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_find" IS
'Where does this stand? The latest lines with a request id, a trace id or span id, an idempotency key, an account''s id or mail address, a client''s address or network, or a path; found_in says in which column. since NULL means all that the table holds. Columns without an index are read only if those with one have nothing. [canonical_line 4a746388]';

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

-- The window begins with a whole step, since hours do not live as long as days.
CREATE FUNCTION "public"."canonical_api_line_history"(
    since interval DEFAULT '1 year',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT '1 day',
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL
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
            FROM "public"."canonical_api_line_past"(((coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - pg_catalog.date_bin(step, (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') - since, 'epoch')), until, service, method, route, environment, with_status, of_account, step, by_route => false)
        ) AS buckets
        GROUP BY at
    ) AS kept USING (at)
    ORDER BY at;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_history" IS
'Were we ever faster? Requests, the shares that were refused and that failed in percent, and percentiles of requests, for every step (whole hours or days of UTC) from the one that the window begins in, for as long as history is kept. accuracy says how far off percentiles can be. [canonical_line a0035077]';

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
    accuracy text,
    change text,
    chance numeric,
    p95_before_from interval,
    p95_before_to interval,
    p95_recent_from interval,
    p95_recent_to interval
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH part AS (
        SELECT http_route, http_method, service_name, true AS since, coalesce(bucket, -10000) AS bucket, n, lines, slowest, failed,
            NULL::numeric AS queries, NULL::numeric AS squares
        FROM "public"."canonical_api_line_past"(recent, (CASE WHEN recent >= interval '24 hours' THEN pg_catalog.date_bin('1 day', (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC'), 'epoch') ELSE (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') END) AT TIME ZONE 'UTC', service, method, route)
        UNION ALL
        SELECT http_route, http_method, service_name, false, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM "public"."canonical_api_line_past"(recent, ((CASE WHEN recent >= interval '24 hours' THEN pg_catalog.date_bin('1 day', (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC'), 'epoch') ELSE (coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC') END) - ago) AT TIME ZONE 'UTC', service, method, route)
    ),
    counted AS (
        SELECT
            http_route, http_method, service_name, since, bucket,
            pg_catalog.sum(n) AS n,
            pg_catalog.sum(lines) AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(squares) AS squares
        FROM part
        GROUP BY http_route, http_method, service_name, since, bucket
    ),
    ranked AS (
        SELECT
            *,
            pg_catalog.sum(n) OVER (of_side ORDER BY bucket NULLS FIRST) AS upto,
            pg_catalog.sum(n) OVER of_side AS requests,
            pg_catalog.sum(lines) OVER of_side AS of_lines,
            pg_catalog.sum(n) OVER (of_both ORDER BY bucket NULLS FIRST) AS both_upto,
            pg_catalog.sum(n) OVER of_both AS both_requests
        FROM counted
        WINDOW of_side AS (PARTITION BY http_route, http_method, service_name, since), of_both AS (PARTITION BY http_route, http_method, service_name)
    ),
    marked AS (
        SELECT
            *,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.95 * both_requests) OVER of_both AS tail,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.75 * both_requests) OVER of_both AS quarter
        FROM ranked
        WINDOW of_both AS (PARTITION BY http_route, http_method, service_name)
    ),
    side AS (
        SELECT
            http_route, http_method, service_name, since,
            pg_catalog.max(of_lines)::double precision AS lines,
            nullif(pg_catalog.max(requests), 0)::double precision AS requests,
            coalesce(pg_catalog.sum(failed) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS failed,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= tail) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longest,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= quarter) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longer,
            (pg_catalog.sum(queries) / nullif(pg_catalog.max(requests), 0))::double precision AS queries,
            (pg_catalog.sum(squares) / nullif(pg_catalog.max(requests), 0))::double precision AS squares,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.5 * requests) AS p50,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.95 * requests) AS p95,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.99 * requests) AS p99,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 - 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests) AS p95_low,
            coalesce(
                pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 + 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests),
                pg_catalog.max(bucket)
            ) AS p95_high
        FROM marked
        GROUP BY http_route, http_method, service_name, since
    ),
    pair AS (
        SELECT
            http_route, http_method, service_name,
            pg_catalog.row_number() OVER () AS pair_number,
            coalesce(pg_catalog.max(lines) FILTER (WHERE NOT since), 0) AS lines_before,
            coalesce(pg_catalog.max(lines) FILTER (WHERE since), 0) AS lines_since,
            pg_catalog.max(requests) FILTER (WHERE NOT since) AS requests_before,
            pg_catalog.max(requests) FILTER (WHERE since) AS requests_since,
            pg_catalog.max(failed) FILTER (WHERE NOT since) AS failed_before,
            pg_catalog.max(failed) FILTER (WHERE since) AS failed_since,
            pg_catalog.max(longest) FILTER (WHERE NOT since) AS longest_before,
            pg_catalog.max(longest) FILTER (WHERE since) AS longest_since,
            pg_catalog.max(longer) FILTER (WHERE NOT since) AS longer_before,
            pg_catalog.max(longer) FILTER (WHERE since) AS longer_since,
            pg_catalog.max(queries) FILTER (WHERE NOT since) AS queries_before,
            pg_catalog.max(queries) FILTER (WHERE since) AS queries_since,
            pg_catalog.max(squares) FILTER (WHERE NOT since) AS squares_before,
            pg_catalog.max(squares) FILTER (WHERE since) AS squares_since,
            pg_catalog.max(slowest) FILTER (WHERE NOT since) AS slowest_before,
            pg_catalog.max(slowest) FILTER (WHERE since) AS slowest_since,
            pg_catalog.max(p50) FILTER (WHERE NOT since) AS p50_before,
            pg_catalog.max(p50) FILTER (WHERE since) AS p50_since,
            pg_catalog.max(p99) FILTER (WHERE NOT since) AS p99_before,
            pg_catalog.max(p99) FILTER (WHERE since) AS p99_since,
            pg_catalog.max(p95) FILTER (WHERE NOT since) AS p95_before,
            pg_catalog.max(p95) FILTER (WHERE since) AS p95_since,
            pg_catalog.max(p95_low) FILTER (WHERE NOT since) AS p95_low_before,
            pg_catalog.max(p95_low) FILTER (WHERE since) AS p95_low_since,
            pg_catalog.max(p95_high) FILTER (WHERE NOT since) AS p95_high_before,
            pg_catalog.max(p95_high) FILTER (WHERE since) AS p95_high_since
        FROM side
        GROUP BY http_route, http_method, service_name
    ),
    tested AS (
        SELECT pair_number, test.*
        FROM pair
        CROSS JOIN LATERAL (VALUES ('slower', 'speed', pg_catalog.power(2, (p95_since - p95_before)::double precision / 16),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longest_since * lines_since, lines_since, longest_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (longer_since * lines_since, lines_since, longer_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    ),
                    2 * least(
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longest_since * lines_since + longest_before * lines_before), lines_since, greatest(0, longest_since * lines_since + longest_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                        (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, longer_since * lines_since + longer_before * lines_before), lines_since, greatest(0, longer_since * lines_since + longer_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
                    )), ('failing', 'failures', failed_since / greatest(failed_before, 0.5 / nullif(lines_before, 0)),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (failed_since * lines_since, lines_since, failed_before * lines_before, lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ),
                    (
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN least(1, pg_catalog.exp(-least(700, greatest(ratio, 0.05))) / pg_catalog.sqrt(4 * pg_catalog.pi() * greatest(ratio, 0.05))) ELSE 1 END
            FROM (VALUES (least(lines_since, failed_since * lines_since + failed_before * lines_before), lines_since, greatest(0, failed_since * lines_since + failed_before * lines_before - lines_since), lines_before)) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        ))) AS test (change, family, times, chance, attainable)
        WHERE lines_before > 0 AND lines_since > 0
    ),
    attained AS (
        SELECT *, pg_catalog.row_number() OVER (PARTITION BY family ORDER BY attainable) AS place
        FROM tested
    ),
    bounded AS (
        SELECT *, coalesce(pg_catalog.max(place) FILTER (WHERE attainable * place * 2 <= 0.05) OVER (PARTITION BY family), 0) AS places
        FROM attained
    ),
    ordered AS (
        SELECT
            *,
            pg_catalog.row_number() OVER (PARTITION BY family ORDER BY chance) AS rank,
            pg_catalog.count(*) OVER (PARTITION BY family) AS tests
        FROM bounded
        WHERE attainable * (places + 1) * 2 <= 0.05
    ),
    corrected AS (
        SELECT *, least(1, 2 * pg_catalog.max(chance * (tests - rank + 1)) OVER (PARTITION BY family ORDER BY rank)) AS overall
        FROM ordered
    )
    SELECT
        pg_catalog.round((extract(epoch FROM middle.p95_recent) / nullif(extract(epoch FROM middle.p95_before), 0))::numeric, 2),
        least(lines_before, lines_since) < 100,
        service_name,
        http_method,
        http_route,
        middle.p50_before,
        middle.p50_recent,
        middle.p95_before,
        middle.p95_recent,
        middle.p99_before,
        middle.p99_recent,
        pg_catalog.round((100 * failed_before)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_before, 0))))::integer)),
        pg_catalog.round((100 * failed_since)::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(100 * failed_since, 0))))::integer)),
        coalesce(pg_catalog.round(requests_before), 0)::bigint,
        coalesce(pg_catalog.round(requests_since), 0)::bigint,
        '±2.2 %'::text,
        found.change,
        pg_catalog.round((greatest(found.overall, 1e-9))::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif(greatest(found.overall, 1e-9), 0))))::integer)),
        CASE WHEN p95_low_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_low_before + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_high_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_high_before + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_low_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_low_since + 0.5)::double precision / 16) / 1000000) END,
        CASE WHEN p95_high_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_high_since + 0.5)::double precision / 16) / 1000000) END
    FROM pair
    CROSS JOIN LATERAL (
        SELECT
            least(CASE WHEN p50_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p50_before,
            least(CASE WHEN p50_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p50_since + 0.5)::double precision / 16) / 1000000) END, slowest_since) AS p50_recent,
            least(CASE WHEN p95_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p95_before,
            least(CASE WHEN p95_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p95_since + 0.5)::double precision / 16) / 1000000) END, slowest_since) AS p95_recent,
            least(CASE WHEN p99_before = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99_before + 0.5)::double precision / 16) / 1000000) END, slowest_before) AS p99_before,
            least(CASE WHEN p99_since = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, (p99_since + 0.5)::double precision / 16) / 1000000) END, slowest_since) AS p99_recent
    ) AS middle
    LEFT JOIN (
        SELECT DISTINCT ON (pair_number) pair_number, change, overall
        FROM corrected
        WHERE overall <= 0.05
        ORDER BY pair_number, overall
    ) AS found USING (pair_number)
    ORDER BY 2, 1 DESC NULLS LAST, requests_since DESC NULLS LAST, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION "public"."canonical_api_line_compare" IS
'Are we slower than then? Each route in the recent window and in one as long that ended ago before it, with its percentiles of requests; times is how often the 95th percentile then fits into the recent one, the largest first. Windows of a day and more end with the last whole day of UTC. change says what chance does not explain, slower or failing, and chance the probability of that for all routes together, as in changes; from and to are the confidence interval of 95 percent of p95. few_lines marks a route with fewer than 100 lines in either window; those come last. accuracy says how far off percentiles can be. [canonical_line 7f1dc299]';

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
