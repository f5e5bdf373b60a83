-- date_bin accepts no months. A window divided by 60 has none if it is below five years.
{{.Create}} FUNCTION {{.Function "rate"}}(
    {{template "parameters"}},
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
AS $answer$
    SELECT
        at,
        pg_catalog.round(requests)::bigint,
        pg_catalog.round((requests / extract(epoch FROM {{template "step"}}))::numeric, 2),
        pg_catalog.round((100 * refused / nullif(requests, 0))::numeric, 2),
        pg_catalog.round((100 * failed / nullif(requests, 0))::numeric, 2),
        lines,
        p[1],
        p[2],
        p[3]
    FROM (
        SELECT
            pg_catalog.date_bin({{template "step"}}, created_at, 'epoch') AS at,
            pg_catalog.sum(requests) AS requests,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE status BETWEEN 400 AND 499), 0) AS refused,
            coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}), 0) AS failed,
            pg_catalog.count(*) AS lines,
            pg_catalog.percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration) AS p
        FROM {{template "lines" .}}
        GROUP BY 1
    ) AS steps
    ORDER BY at
$answer$;
COMMENT ON FUNCTION {{.Function "rate"}} IS
'Since when? Requests per second, the shares that were refused (status 400 to 499) and that failed (500 and above, or an error beside a status below 400) in percent, and percentiles, step by step (a 60th of the window unless given, and at least a second). The window cuts off the first and the last step. Percentiles are of lines, the rest of requests.{{.Mark}}';
{{- define "step" -}}greatest(coalesce(step, since / 60), '1 s'){{- end}}
