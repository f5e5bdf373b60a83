-- What a window comes to, from history wherever it holds whole days or hours, and from the lines
-- elsewhere: at the ends of the window, after the last hour that is built, and where hours have to
-- be built again. Days serve if the steps are days.
--
-- It is PL/pgSQL because only that lets the tables of history be missing until it is called, and
-- says what to read before it reads. step is NULL for the whole window, which has no time then; where
-- it is not made of whole hours, all is read from lines. by_route leaves out what tells routes apart, and
-- with_statistics reads the statistics of lines, which takes most of the time.
{{.Create}} FUNCTION {{.Function "past"}}(
    {{template "parameters"}},
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
    slowest interval
    {{- range .Sums}},
    {{.}} numeric
    {{- end}}
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
    IF to_regclass({{literal .Table.Built.String}}) IS NOT NULL AND $7 IS NULL AND $8 IS NULL THEN
        SELECT state.until, state.frozen INTO built, frozen FROM {{.Table.Built}} AS state;
    END IF;
    -- The window is open at its start: a line of the first instant does not belong to it.
    IF first_hour = lower AND EXISTS (SELECT created_at FROM {{.Table}} WHERE created_at = lower) THEN
        first_hour := first_hour + interval '1 hour';
    END IF;
    end_hour := CASE WHEN built IS NOT NULL THEN date_bin('1 hour', least(built, upper), 'epoch') END;
    IF first_hour < end_hour AND hourly THEN
        marked := ARRAY(
            SELECT DISTINCT mark.at
            FROM {{.Table.Marks}} AS mark
            WHERE NOT mark.of_day AND mark.at >= greatest(first_hour, frozen) AND mark.at < end_hour
        );
        marked_days := ARRAY(
            SELECT date_bin('1 day', hour, 'epoch') FROM unnest(marked) AS hour
            UNION
            SELECT mark.at FROM {{.Table.Marks}} AS mark WHERE mark.of_day
        );
        starts := ARRAY[lower, end_hour - instant] || ARRAY(SELECT hour - instant FROM unnest(marked) AS hour);
        ends := ARRAY[first_hour - instant, $2] || ARRAY(SELECT hour + interval '1 hour' - instant FROM unnest(marked) AS hour);
        first_day := date_bin('1 day', first_hour - instant, 'epoch') + interval '24 hours';
        end_day := CASE WHEN daily THEN date_bin('1 day', end_hour, 'epoch') ELSE first_day END;
        RETURN QUERY
        WITH picked AS (
            SELECT *
            FROM {{.Table.Hours}} AS hour
            WHERE hour.at >= first_hour
                AND hour.at < end_hour
                AND hour.at <> ALL (marked)
                AND (hour.at < first_day OR hour.at >= end_day OR date_bin('1 day', hour.at, 'epoch') = ANY (marked_days))
            UNION ALL
            SELECT *
            FROM {{.Table.Days}} AS day
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
                max(kept.slowest) AS slowest
                {{- range .Sums}},
                sum(kept.{{.}}) AS {{.}}
                {{- end}}
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
            nullif(named.of_step, 'infinity'), named.service, named.method, named.route, NULL::integer, named.zero, named.lines, named.slowest
            {{- range .Sums}}, named.{{.}}{{end}}
        FROM named
        UNION ALL
        SELECT
            nullif(named.of_step, 'infinity'), named.service, named.method, named.route, counted.bucket, counted.n, 0, named.slowest
            {{- range .Sums}}, 0{{end}}
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
            {{template "weighted"}}
        FROM (
            SELECT grouped.*, grouped.per_line::numeric AS weight
            FROM (
                SELECT
                    date_bin($9, created_at, 'epoch') AS of_step,
                    CASE WHEN $10 THEN service_name END AS service,
                    CASE WHEN $10 THEN http_method END AS method,
                    CASE WHEN $10 THEN http_route END AS route,
                    requests AS per_line,
                    {{template "bucket"}} AS bucket,
                    {{template "sums"}}
                FROM (
                    SELECT created_at, service_name, http_method, http_route, requests, duration, status, error_code,
                        CASE WHEN $11 THEN statistics END AS statistics
                    FROM {{.Function "window"}}(coalesce(ends[i], now()) - starts[i], ends[i], $3, $4, $5, $6, $7, $8)
                ) AS line
                GROUP BY 1, 2, 3, 4, 5, 6
            ) AS grouped
        ) AS weights;
    END LOOP;
END
$answer$;
COMMENT ON FUNCTION {{.Function "past"}} IS
'What does a window come to? The sums of a window, from history and the lines at its edges, by route and by bucket of durations: the bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds, NULL those of zero, and n requests fall into it. A bucket can have several rows. The other questions about longer windows read it.{{.Mark}}';
