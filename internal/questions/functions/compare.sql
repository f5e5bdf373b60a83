{{- /* Whole days where the windows are days, since hours do not live as long. */ -}}
{{- define "compared until" -}}
CASE WHEN recent >= interval '24 hours' THEN pg_catalog.date_bin('1 day', {{template "end"}}, 'epoch') ELSE {{template "end"}} END
{{- end -}}
{{.Create}} FUNCTION {{.Function "compare"}}(
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
        FROM {{.Function "past"}}(recent, ({{template "compared until"}}) AT TIME ZONE 'UTC', service, method, route)
        UNION ALL
        SELECT http_route, http_method, service_name, false, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM {{.Function "past"}}(recent, (({{template "compared until"}}) - ago) AT TIME ZONE 'UTC', service, method, route)
    ),
    {{template "sides" "http_route, http_method, service_name"}},
    {{template "pairs" "http_route, http_method, service_name"}},
    tested AS (
        SELECT pair_number, test.*
        FROM pair
        CROSS JOIN LATERAL (VALUES ({{template "slower"}}), ({{template "failing"}})) AS test (change, family, times, chance, attainable)
        WHERE lines_before > 0 AND lines_since > 0
    ),
    {{template "corrected" "2"}}
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
        {{template "digits" "100 * failed_before"}},
        {{template "digits" "100 * failed_since"}},
        coalesce(pg_catalog.round(requests_before), 0)::bigint,
        coalesce(pg_catalog.round(requests_since), 0)::bigint,
        {{template "accuracy"}},
        found.change,
        {{template "digits" "greatest(found.overall, 1e-9)"}},
        {{template "middle" "p95_low_before"}},
        {{template "middle" "p95_high_before"}},
        {{template "middle" "p95_low_since"}},
        {{template "middle" "p95_high_since"}}
    FROM pair
    CROSS JOIN LATERAL (
        SELECT
            least({{template "middle" "p50_before"}}, slowest_before) AS p50_before,
            least({{template "middle" "p50_since"}}, slowest_since) AS p50_recent,
            least({{template "middle" "p95_before"}}, slowest_before) AS p95_before,
            least({{template "middle" "p95_since"}}, slowest_since) AS p95_recent,
            least({{template "middle" "p99_before"}}, slowest_before) AS p99_before,
            least({{template "middle" "p99_since"}}, slowest_since) AS p99_recent
    ) AS middle
    LEFT JOIN (
        SELECT DISTINCT ON (pair_number) pair_number, change, overall
        FROM corrected
        WHERE overall <= 0.05
        ORDER BY pair_number, overall
    ) AS found USING (pair_number)
    ORDER BY 2, 1 DESC NULLS LAST, requests_since DESC NULLS LAST, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION {{.Function "compare"}} IS
'Are we slower than then? Each route in the recent window and in one as long that ended ago before it, with its percentiles of requests; times is how often the 95th percentile then fits into the recent one, the largest first. Windows of a day and more end with the last whole day of UTC. change says what chance does not explain, slower or failing, and chance the probability of that for all routes together, as in changes; from and to are the confidence interval of 95 percent of p95. few_lines marks a route with fewer than 100 lines in either window; those come last. accuracy says how far off percentiles can be.{{.Mark}}';
