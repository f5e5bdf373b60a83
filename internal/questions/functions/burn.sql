{{- /* History has a column with the name of the argument slow. */ -}}
{{- define "burn from lines" -}}
($3 <= interval '3 hours' OR {{template "no history" .}})
{{- end -}}
-- Two windows, as the Site Reliability Workbook has them ("Alerting on SLOs"): the long one shows
-- that it matters, the short one that it goes on. A few failures of a route with little traffic
-- are no alert, however large a share of it they are.
{{.Create}} FUNCTION {{.Function "burn"}}(
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
        {{template "digits" "share_fast / nullif(1 - objective, 0)"}},
        {{template "digits" "share_slow / nullif(1 - objective, 0)"}},
        {{template "digits" "100 * share_fast"}},
        {{template "digits" "100 * share_slow"}},
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
                    pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}) AS failed,
                    pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}} AND is_fast) AS failed_fast,
                    pg_catalog.count(*) FILTER (WHERE {{template "failed"}}) AS failed_lines
                FROM (
                    SELECT *, created_at > ({{template "end"}} - fast) AT TIME ZONE 'UTC' AS is_fast
                    FROM {{.Function "window"}}(slow, until, service, method, route)
                    WHERE {{template "burn from lines" .}}
                ) AS lines
                GROUP BY http_route, http_method, service_name
                UNION ALL
                SELECT http_route, http_method, service_name, requests::double precision, NULL, failed::double precision, NULL, failed
                FROM {{.Function "past"}}(slow, until, service, method, route)
                WHERE NOT {{template "burn from lines" .}}
                UNION ALL
                SELECT http_route, http_method, service_name, NULL, requests::double precision, NULL, failed::double precision, 0
                FROM {{.Function "past"}}(fast, until, service, method, route)
                WHERE NOT {{template "burn from lines" .}}
            ) AS parts
            GROUP BY http_route, http_method, service_name
        ) AS counted
    ) AS shares
    ORDER BY 1 DESC, share_slow DESC NULLS LAST, requests DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION {{.Function "burn"}} IS
'Do failures use up the error budget? How many times as fast as the objective allows each route fails (status 500 and above, or an error beside a status below 400), in a fast and a slow window. alert: both burn at least at the threshold, and at_least so many lines failed, or requests where a slow window of more than three hours is answered from history. At 14.4 times a budget of 30 days lasts two days.{{.Mark}}';
