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
        {{template "digits" "failed_before"}},
        {{template "digits" "failed_recent"}},
        pg_catalog.round(requests_before)::bigint,
        pg_catalog.round(requests_recent)::bigint,
        {{template "accuracy"}}
    FROM (
        SELECT
            service_name,
            http_method,
            http_route,
            least({{template "middle" "p50_before"}}, slowest_before) AS p50_before,
            least({{template "middle" "p50_recent"}}, slowest_recent) AS p50_recent,
            least({{template "middle" "p95_before"}}, slowest_before) AS p95_before,
            least({{template "middle" "p95_recent"}}, slowest_recent) AS p95_recent,
            least({{template "middle" "p99_before"}}, slowest_before) AS p99_before,
            least({{template "middle" "p99_recent"}}, slowest_recent) AS p99_recent,
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
                SELECT *, {{template "reached" "PARTITION BY is_recent, http_route, http_method, service_name"}}
                FROM (
                    SELECT true AS is_recent, *
                    FROM {{.Function "past"}}(recent, ({{template "compared until"}}) AT TIME ZONE 'UTC', service, method, route)
                    UNION ALL
                    SELECT false, *
                    FROM {{.Function "past"}}(recent, (({{template "compared until"}}) - ago) AT TIME ZONE 'UTC', service, method, route)
                ) AS windows
            ) AS buckets
            GROUP BY http_route, http_method, service_name
        ) AS kept
    ) AS routes
    ORDER BY 2, 1 DESC NULLS LAST, requests_recent DESC, 4, 5, 3;
END;
COMMENT ON FUNCTION {{.Function "compare"}} IS
'Are we slower than then? Each route in the recent window and in one as long that ended ago before it, with its percentiles of requests; times is how often the 95th percentile then fits into the recent one, the largest first. Windows of a day and more end with the last whole day of UTC. few_lines marks a route with fewer than 100 lines in either window; those come last. accuracy says how far off percentiles can be.{{.Mark}}';
