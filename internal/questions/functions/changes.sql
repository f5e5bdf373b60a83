{{- define "changes from lines" -}}
(exact OR recent + before <= interval '3 hours' OR {{template "no history" .}})
{{- end -}}
-- One pass over the lines reads both windows.
{{.Create}} FUNCTION {{.Function "changes"}}(
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
        {{template "digits" "failed_before"}},
        {{template "digits" "failed_recent"}},
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
                100 * coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}} AND NOT is_recent), 0)
                / nullif(pg_catalog.sum(requests) FILTER (WHERE NOT is_recent), 0) AS failed_before,
                100 * coalesce(pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}} AND is_recent), 0)
                / nullif(pg_catalog.sum(requests) FILTER (WHERE is_recent), 0) AS failed_recent,
                pg_catalog.count(*) FILTER (WHERE NOT is_recent) AS lines_before,
                pg_catalog.count(*) FILTER (WHERE is_recent) AS lines_recent,
                'exact'::text AS accuracy
            FROM (
                SELECT *, created_at > ({{template "end"}} - recent) AT TIME ZONE 'UTC' AS is_recent
                FROM {{.Function "window"}}(recent + before, until, service, method, route)
                WHERE {{template "changes from lines" .}}
            ) AS lines
            GROUP BY http_route, http_method, service_name
            UNION ALL
            SELECT
                http_route,
                http_method,
                service_name,
                {{template "middle" "before_p95"}},
                {{template "middle" "recent_p95"}},
                failed_before::double precision,
                failed_recent::double precision,
                lines_before,
                lines_recent,
                {{template "accuracy"}}
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
                    SELECT *, {{template "reached" "PARTITION BY is_recent, http_route, http_method, service_name"}}
                    FROM (
                        SELECT true AS is_recent, *
                        FROM {{.Function "past"}}(recent, until, service, method, route)
                        WHERE NOT {{template "changes from lines" .}}
                        UNION ALL
                        SELECT false, *
                        FROM {{.Function "past"}}(before, ({{template "end"}} - recent) AT TIME ZONE 'UTC', service, method, route)
                        WHERE NOT {{template "changes from lines" .}}
                    ) AS windows
                ) AS buckets
                GROUP BY http_route, http_method, service_name
            ) AS kept
        ) AS routes
    ) AS compared
    WHERE worse_slower >= 1.2 OR worse_failing >= 1.2
    ORDER BY 3, 2 DESC, lines_recent DESC, 5, 6, 4;
END;
COMMENT ON FUNCTION {{.Function "changes"}} IS
'What got slower, or started to fail? Each route whose 95th percentile, or whose share of failures (status 500 and above, or an error beside a status below 400; in percent, plus one), grew by a fifth or more from the window before to the recent one; the largest change first. few_lines marks a change that rests on fewer than 100 lines in either window; those come last. Both windows together, if they have more than three hours, are answered from history unless exact: accuracy says how far off percentiles can be.{{.Mark}}';
