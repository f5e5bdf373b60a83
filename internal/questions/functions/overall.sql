-- As speed, for all lines of the window together.
{{.Create}} FUNCTION {{.Function "overall"}}(
    {{template "parameters"}},
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
        {{template "digits" "100 * instant / requests"}},
        {{template "digits" "100 * (requests - instant - slow) / requests"}},
        {{template "digits" "100 * slow / requests"}},
        {{template "digits" "100 * failed / requests"}},
        accuracy
    FROM (
        SELECT
            pg_catalog.count(*) AS lines,
            nullif(pg_catalog.sum(requests), 0) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration < '100 ms'), 0) AS instant,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE duration >= '1 s'), 0) AS slow,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}), 0) AS failed,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY duration) AS p,
            'exact'::text AS accuracy
        FROM {{template "lines" .}}
        WHERE {{template "from lines" .}}
        HAVING pg_catalog.count(*) > 0
        UNION ALL
        SELECT
            lines,
            nullif(requests, 0)::double precision,
            instant::double precision,
            slow::double precision,
            failed::double precision,
            ARRAY[least({{template "middle" "p50"}}, slowest), least({{template "middle" "p95"}}, slowest), least({{template "middle" "p99"}}, slowest), slowest],
            {{template "accuracy"}}
        FROM (
            SELECT
                pg_catalog.sum(lines)::bigint AS lines,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.sum(instant) AS instant,
                pg_catalog.sum(slow) AS slow,
                pg_catalog.sum(failed) AS failed,
                pg_catalog.max(slowest) AS slowest,
                {{template "bucket at" "0.5"}} AS p50,
                {{template "bucket at" "0.95"}} AS p95,
                {{template "bucket at" "0.99"}} AS p99
            FROM (
                SELECT *, {{template "reached" ""}}
                FROM {{.Function "past"}}(since, until, {{template "filters"}}, by_route => false)
                WHERE NOT {{template "from lines" .}}
            ) AS buckets
            HAVING pg_catalog.sum(lines) > 0
        ) AS kept
    ) AS counted;
END;
COMMENT ON FUNCTION {{.Function "overall"}} IS
'Are we fast, all in all? What speed says of each route, for all lines of the window together; no row without lines.{{.Mark}}';
