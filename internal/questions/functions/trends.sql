-- The line of each route over the window, for small plots beside each other.
{{.Create}} FUNCTION {{.Function "trends"}}(
    {{template "parameters"}},
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
            SELECT service_name, http_method, http_route, {{template "step of"}} AS at, requests, duration
            FROM {{template "lines" .}}
            WHERE {{template "from lines" .}} OR NOT {{template "hourly"}}
            {{template "fence"}}
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
            least({{template "middle" "(pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= 0.95 * of_all))"}}, pg_catalog.max(slowest))
        FROM (
            SELECT *, {{template "reached" "PARTITION BY http_route, http_method, service_name, at"}}
            FROM {{.Function "past"}}(since, until, {{template "filters"}}, {{template "step"}})
            WHERE NOT {{template "from lines" .}} AND {{template "hourly"}}
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
        CASE WHEN {{template "from lines" .}} OR NOT {{template "hourly"}} THEN 'exact' ELSE {{template "accuracy"}} END
    FROM ranked
    WHERE place <= top
    ORDER BY place, at;
END;
COMMENT ON FUNCTION {{.Function "trends"}} IS
'Which route got slower, and when? The 95th percentile of each step of the window for the top most frequent routes; steps without requests are left out. Percentiles are of lines. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then.{{.Mark}}';
