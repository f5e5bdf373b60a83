{{.Create}} FUNCTION {{.Function "rate"}}(
    {{template "parameters"}},
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
        {{template "digits" "coalesce(requests, 0) / seconds"}},
        {{template "digits" "100 * refused / nullif(requests, 0)"}},
        {{template "digits" "100 * failed / nullif(requests, 0)"}},
        coalesce(lines, 0),
        p[1],
        p[2],
        p[3],
        CASE WHEN {{template "steps from lines" .}} THEN 'exact' ELSE {{template "accuracy"}} END
    FROM {{template "steps"}} AS steps (at)
    FULL JOIN (
        SELECT
            at,
            pg_catalog.sum(requests) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE status BETWEEN 400 AND 499), 0) AS refused,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}), 0) AS failed,
            pg_catalog.count(*) AS lines,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration) AS p
        FROM (
            SELECT {{template "step of"}} AS at, requests, status, error_code, duration
            FROM {{template "lines" .}}
            WHERE {{template "steps from lines" .}}
            {{template "fence"}}
        ) AS lines
        GROUP BY at
        UNION ALL
        SELECT
            at,
            requests::double precision,
            refused::double precision,
            failed::double precision,
            lines,
            ARRAY[least({{template "middle" "p50"}}, slowest), least({{template "middle" "p95"}}, slowest), least({{template "middle" "p99"}}, slowest)]
        FROM (
            SELECT
                at,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.sum(refused) AS refused,
                pg_catalog.sum(failed) AS failed,
                pg_catalog.sum(lines)::bigint AS lines,
                pg_catalog.max(slowest) AS slowest,
                {{template "bucket at" "0.5"}} AS p50,
                {{template "bucket at" "0.95"}} AS p95,
                {{template "bucket at" "0.99"}} AS p99
            FROM (
                SELECT *, {{template "reached" "PARTITION BY at"}}
                FROM {{.Function "past"}}(since, until, {{template "filters"}}, {{template "step"}}, by_route => false)
                WHERE NOT {{template "steps from lines" .}}
            ) AS buckets
            GROUP BY at
        ) AS kept
    ) AS counted USING (at)
    CROSS JOIN (SELECT extract(epoch FROM {{template "step"}}) AS seconds) AS each
    ORDER BY at;
END;
COMMENT ON FUNCTION {{.Function "rate"}} IS
'Since when? Requests per second, the shares that were refused (status 400 to 499) and that failed (500 and above, or an error beside a status below 400) in percent, and percentiles, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC). The window cuts off the first and the last step. Percentiles are of lines, the rest of requests. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off percentiles can be, which are of requests then.{{.Mark}}';
