{{- define "changes from lines" -}}
(exact OR recent + before <= interval '3 hours' OR {{template "no history" .}})
{{- end -}}
-- One pass over the lines reads both windows. A route is slower if it has more of the slowest requests of
-- both, which tells more than to compare two percentiles. Chances are for all
-- routes and kinds of change together (Holm).
{{.Create}} FUNCTION {{.Function "changes"}}(
    recent interval DEFAULT '1 hour',
    before interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    at_least numeric DEFAULT 1.2,
    exact boolean DEFAULT false,
    environment text DEFAULT NULL
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
    p95_before_from interval,
    p95_before_to interval,
    p95_recent_from interval,
    p95_recent_to interval,
    chance numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH part AS (
        SELECT
            http_route,
            http_method,
            service_name,
            slot & 1 = 1 AS since,
            slot >> 1 AS bucket,
            pg_catalog.sum(requests)::numeric AS n,
            pg_catalog.count(*) AS lines,
            pg_catalog.max(duration) AS slowest,
            (pg_catalog.sum(requests) FILTER (WHERE {{template "failed"}}))::numeric AS failed,
            NULL::numeric AS queries,
            NULL::numeric AS squares
        FROM (
            SELECT *, 2 * coalesce({{template "bucket"}}, -10000) + (created_at > ({{template "end"}} - recent) AT TIME ZONE 'UTC')::integer AS slot
            FROM {{.Function "window"}}(recent + before, until, service, method, route, environment)
            WHERE {{template "changes from lines" .}}
            {{template "fence"}}
        ) AS lines
        GROUP BY http_route, http_method, service_name, slot
        UNION ALL
        SELECT http_route, http_method, service_name, true, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM {{.Function "past"}}(recent, until, service, method, route, environment)
        WHERE NOT {{template "changes from lines" .}}
        UNION ALL
        SELECT http_route, http_method, service_name, false, coalesce(bucket, -10000), n, lines, slowest, failed, NULL, NULL
        FROM {{.Function "past"}}(before, ({{template "end"}} - recent) AT TIME ZONE 'UTC', service, method, route, environment)
        WHERE NOT {{template "changes from lines" .}}
    ),
    {{template "sides" "http_route, http_method, service_name"}},
    {{template "pairs" "http_route, http_method, service_name"}},
    tested AS (
        SELECT pair.*, test.*
        FROM pair
        CROSS JOIN LATERAL (
            SELECT
                extract(epoch FROM recent)::double precision AS recent,
                extract(epoch FROM before)::double precision AS before
        ) AS time
        CROSS JOIN LATERAL (
            VALUES
                ({{template "slower"}}),
                ({{template "failing"}}),
                (
                    CASE WHEN lines_before > 0 THEN 'busier' ELSE 'new' END, 'traffic', lines_since / time.recent / nullif(lines_before / time.before, 0),
                    {{template "chance of rates" "lines_since, time.recent, lines_before, time.before"}},
                    {{template "chance of rates" "lines_since + lines_before, time.recent, 0, time.before"}}
                ),
                (
                    'gone', 'traffic', CASE WHEN lines_since > 0 THEN 0 END,
                    {{template "chance of rates" "lines_before, time.before, lines_since, time.recent"}},
                    {{template "chance of rates" "lines_since + lines_before, time.before, 0, time.recent"}}
                )
        ) AS test (change, family, times, chance, attainable)
    ),
    {{template "corrected" "3"}}
    SELECT
        change,
        pg_catalog.round(times::numeric, 1),
        least(lines_before, lines_since) < 100,
        corrected.service_name,
        corrected.http_method,
        corrected.http_route,
        coalesce(exactly_before.p95, least({{template "middle" "corrected.p95_before"}}, slowest_before)),
        coalesce(exactly_recent.p95, least({{template "middle" "corrected.p95_since"}}, slowest_since)),
        {{template "digits" "100 * failed_before"}},
        {{template "digits" "100 * failed_since"}},
        lines_before::bigint,
        lines_since::bigint,
        {{template "middle" "p95_low_before"}},
        {{template "middle" "p95_high_before"}},
        {{template "middle" "p95_low_since"}},
        {{template "middle" "p95_high_since"}},
        {{template "digits" "greatest(overall, 1e-9)"}},
        CASE WHEN exact THEN 'exact' ELSE {{template "accuracy"}} END
    FROM corrected
    LEFT JOIN {{.Function "speed"}}(recent, until, service, method, route, environment, exact => exact) AS exactly_recent
        ON exact
        AND (exactly_recent.service_name, exactly_recent.http_method, exactly_recent.http_route)
            IS NOT DISTINCT FROM (corrected.service_name, corrected.http_method, corrected.http_route)
    LEFT JOIN {{.Function "speed"}}(before, ({{template "end"}} - recent) AT TIME ZONE 'UTC', service, method, route, environment, exact => exact) AS exactly_before
        ON exact
        AND (exactly_before.service_name, exactly_before.http_method, exactly_before.http_route)
            IS NOT DISTINCT FROM (corrected.service_name, corrected.http_method, corrected.http_route)
    WHERE overall <= 0.05
        AND coalesce(times >= CASE change WHEN 'busier' THEN greatest(2, at_least) ELSE at_least END, true)
    ORDER BY change IN ('slower', 'failing') DESC, times DESC NULLS LAST, change, corrected.http_method, corrected.http_route, corrected.service_name;
END;
COMMENT ON FUNCTION {{.Function "changes"}} IS
'What got slower, started to fail, or came and went? Each route that has more of the slowest requests of both windows than chance explains, or that fails more often (status 500 and above, or an error beside a status below 400), if the 95th percentile or the share of failures grew at_least so many times; then routes with at least twice the traffic, new ones, and those that are gone. chance is the probability that chance alone makes any such change among all routes; more than 0.05 is left out. from and to are the confidence interval of 95 percent of p95. Both windows together, if they have more than three hours, are answered from history unless exact: accuracy says how far off percentiles can be.{{.Mark}}';
