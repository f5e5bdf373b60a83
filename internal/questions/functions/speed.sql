-- One pass and one sort compute only what is shown; percentile_cont also returns the
-- maximum. The route comes first in GROUP BY because it tells more lines apart, which makes
-- the sort faster.
{{.Create}} FUNCTION {{.Function "speed"}}(
    {{template "parameters"}},
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
        {{template "digits" "100 * instant / requests"}},
        {{template "digits" "100 * (requests - instant - slow) / requests"}},
        {{template "digits" "100 * slow / requests"}},
        {{template "digits" "100 * failed / requests"}},
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
            coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}), 0) AS failed,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP (ORDER BY duration) AS p,
            'exact'::text AS accuracy
        FROM {{template "lines" .}}
        WHERE {{template "percentiles from lines" .}}
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
            ARRAY[least({{template "middle" "p50"}}, slowest), least({{template "middle" "p95"}}, slowest), least({{template "middle" "p99"}}, slowest), slowest],
            {{template "accuracy"}}
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
                {{template "bucket at" "0.5"}} AS p50,
                {{template "bucket at" "0.95"}} AS p95,
                {{template "bucket at" "0.99"}} AS p99
            FROM (
                SELECT *, {{template "reached" "PARTITION BY http_route, http_method, service_name"}}
                FROM {{template "past" .}}
                WHERE NOT {{template "percentiles from lines" .}}
            ) AS buckets
            GROUP BY http_route, http_method, service_name
        ) AS kept
    ) AS routes
    ORDER BY requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION {{.Function "speed"}} IS
'Are we fast? Each route with its percentiles, the shares of requests that were instant (below 100 ms), fast (below 1 s) and slow, and that failed (status 500 and above, or an error beside a status below 400), in percent. Counts and shares are of requests; percentiles are of lines, which is the same unless lines were sampled. Windows of more than three hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then.{{.Mark}}';
