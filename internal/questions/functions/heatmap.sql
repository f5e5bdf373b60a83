-- The bounds are a 1-2-5 series. Postgres before 17 has no infinite interval, so durations
-- above the last bound have none.
{{.Create}} FUNCTION {{.Function "heatmap"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    faster_than interval,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT at, ({{template "bounds"}})[bucket + 1], pg_catalog.round(requests)::bigint
    FROM (
        SELECT
            pg_catalog.date_bin({{template "step"}}, created_at, 'epoch') AS at,
            pg_catalog.width_bucket(duration, {{template "bounds"}}) AS bucket,
            pg_catalog.sum(requests) AS requests
        FROM {{template "lines" .}}
        GROUP BY 1, 2
    ) AS cells
    ORDER BY at, bucket
$answer$;
COMMENT ON FUNCTION {{.Function "heatmap"}} IS
'How are durations spread? The requests of each step (a 60th of the window unless given) by the upper bound of their duration; NULL stands for 50 s and above.{{.Mark}}';
{{- define "bounds" -}}
'{1ms, 2ms, 5ms, 10ms, 20ms, 50ms, 100ms, 200ms, 500ms, 1s, 2s, 5s, 10s, 20s, 50s}'::interval[]
{{- end}}
