-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none. DISTINCT tells the planner how few steps there are.
{{.Create}} FUNCTION {{.Function "heatmap"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    faster_than interval,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH cells AS (
        SELECT at, bucket, pg_catalog.sum(requests) AS requests
        FROM (
            SELECT {{template "step of"}} AS at, pg_catalog.width_bucket(duration, {{template "bounds"}}) AS bucket, requests
            FROM {{template "lines" .}}
            {{template "fence"}}
        ) AS lines
        GROUP BY at, bucket
    )
    SELECT at, ({{template "bounds"}})[bucket + 1], pg_catalog.round(coalesce(requests, 0))::bigint
    FROM (SELECT at FROM {{template "steps"}} AS steps (at) UNION SELECT DISTINCT at FROM cells) AS steps
    CROSS JOIN pg_catalog.generate_series(0, pg_catalog.cardinality({{template "bounds"}})) AS bounds (bucket)
    LEFT JOIN cells USING (at, bucket)
    ORDER BY at, bucket;
END;
COMMENT ON FUNCTION {{.Function "heatmap"}} IS
'How are durations spread? The requests of every step of the window (a 60th of it unless given, and at least a second; days are UTC) by the upper bound of their duration, zeros included; NULL stands for 50 s and above.{{.Mark}}';
{{- define "bounds" -}}
'{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]
{{- end}}
