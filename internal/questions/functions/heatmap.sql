-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none. DISTINCT tells the planner how few steps there are.
{{.Create}} FUNCTION {{.Function "heatmap"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    faster_than interval,
    requests bigint,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, bucket, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT {{template "step of"}} AS at, pg_catalog.width_bucket(duration, {{template "bounds"}}) AS bucket, requests
            FROM {{template "lines" .}}
            WHERE {{template "from lines" .}} OR NOT {{template "hourly"}}
            {{template "fence"}}
        ) AS lines
        GROUP BY at, bucket
        UNION ALL
        SELECT at, cell, pg_catalog.sum(n)::double precision
        FROM (
            SELECT at, n, pg_catalog.width_bucket({{template "middle" "coalesce(bucket, -10000)"}}, {{template "bounds"}}) AS cell
            FROM {{.Function "past"}}(since, until, {{template "filters"}}, {{template "step"}}, by_route => false)
            WHERE n > 0 AND NOT {{template "from lines" .}} AND {{template "hourly"}}
        ) AS kept
        GROUP BY at, cell
    )
    SELECT at, ({{template "bounds"}})[bucket + 1], pg_catalog.round(coalesce(requests, 0))::bigint,
        CASE WHEN {{template "from lines" .}} OR NOT {{template "hourly"}} THEN 'exact' ELSE {{template "accuracy"}} END
    FROM (SELECT at FROM {{template "steps"}} AS steps (at) UNION SELECT DISTINCT at FROM cells) AS steps
    CROSS JOIN pg_catalog.generate_series(0, pg_catalog.cardinality({{template "bounds"}})) AS bounds (bucket)
    LEFT JOIN cells USING (at, bucket)
    ORDER BY at, bucket;
END;
COMMENT ON FUNCTION {{.Function "heatmap"}} IS
'How are durations spread? The requests of every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC) by the upper bound of their duration, zeros included; NULL stands for 50 s and above. Windows of more than three hours whose steps are whole hours are answered from history unless exact: accuracy says how far off the bounds can be.{{.Mark}}';
{{- define "bounds" -}}
'{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]
{{- end}}
