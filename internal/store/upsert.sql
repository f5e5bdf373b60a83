-- Moves staged lines into the table. A stored line only gains.
--
-- If a line has two versions, the one whose statistics count more spans is richer: its
-- values win, and those of the other fill its NULLs. So a line that is delivered again
-- after its descendants were forgotten cannot make the stored one poorer. The counts are
-- compared as jsonb: a cast could fail on what an application wrote there.
--
-- Two versions that count as many spans can differ in what they say of missing ones. A
-- line that may be short says so.
{{define "merged" -}}
{{if and .ByStatistics (eq .Name "statistics") -}}
CASE WHEN COALESCE(EXCLUDED.statistics -> 'spans'::text, '0') > COALESCE(stored.statistics -> 'spans'::text, '0')
        THEN COALESCE(EXCLUDED.statistics, stored.statistics)
        WHEN COALESCE(EXCLUDED.statistics -> 'spans'::text, '0') < COALESCE(stored.statistics -> 'spans'::text, '0')
        THEN COALESCE(stored.statistics, EXCLUDED.statistics)
        WHEN stored.statistics @> '{"incomplete": true}'
        THEN COALESCE(EXCLUDED.statistics, '{}') || '{"incomplete": true}'
        ELSE COALESCE(EXCLUDED.statistics, stored.statistics) END
{{- else if .ByStatistics -}}
CASE WHEN COALESCE(EXCLUDED.statistics -> 'spans'::text, '0') >= COALESCE(stored.statistics -> 'spans'::text, '0')
        THEN COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
        ELSE COALESCE(stored.{{identifier .Name}}, EXCLUDED.{{identifier .Name}}) END
{{- else -}}
COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
{{- end}}
{{- end -}}
{{define "set" -}}
SET
    {{- range $i, $column := .Merged}}{{if $i}},{{end}}
        {{identifier $column.Name}} = {{template "merged" $column}}
    {{- end}}
    {{- if .UpdatedAt}},
        updated_at = current_timestamp
    {{- end}}
{{- end -}}
{{define "changes" -}}
(
        {{- range $i, $column := .Merged}}{{if $i}}, {{end}}stored.{{identifier $column.Name}}{{end -}}
    ) IS DISTINCT FROM (
        {{- range $i, $column := .Merged}}{{if $i}},{{end}}
        {{template "merged" $column}}
        {{- end}}
    )
{{- end -}}
-- xmax would tell inserted from updated rows, but a partitioned table does not return it.
-- So the lines that are already stored are counted in the same snapshot.
--
-- $1 and $2 bound created_at, so that the planner looks at the few partitions between them.
-- It has no statistics of a table filled in the same transaction, and would scan whole
-- partitions to find a few lines. OFFSET 0 makes it look up each key on its own, in the one
-- partition that can hold it.
--
-- ON CONFLICT refuses to touch a row twice in one statement (21000). If a line is staged
-- twice, DISTINCT ON keeps the richest version. Key order makes two writers of the same
-- lines queue up instead of deadlocking.
WITH richest AS MATERIALIZED (
    SELECT DISTINCT ON (created_at, id) {{identifiers .Names}}
    FROM {{.Staging}}
    WHERE created_at BETWEEN $1 AND $2
    ORDER BY created_at, id{{if .ByStatistics}}, COALESCE(statistics -> 'spans'::text, '0') DESC{{end}}
),
-- ON CONFLICT locks a line even if it would not change, which writes to the log.
--
-- The lines go on from here. To join them with what is known of them would take time in the
-- square of their number, because the planner expects one. No column has names like the two.
compared AS MATERIALIZED (
    SELECT
        {{- range .Names}}
        EXCLUDED.{{identifier .}},
        {{- end}}
        stored.id IS NOT NULL AS "line is known",
        stored.id IS NULL{{if .Merged}} OR {{template "changes" .}}{{end}} AS "line changes"
    FROM richest AS EXCLUDED
    LEFT JOIN LATERAL (
        SELECT {{identifiers .Names}}
        FROM {{.Table}} AS stored
        WHERE stored.created_at BETWEEN $1 AND $2
            AND stored.created_at = EXCLUDED.created_at
            AND stored.id = EXCLUDED.id
        OFFSET 0
    ) AS stored ON true
),
{{- if .Key.Arbiter}}
written AS (
    INSERT INTO {{.Table}} AS stored ({{identifiers .Names}})
    SELECT {{identifiers .Names}}
    FROM compared
    WHERE "line changes"
    ORDER BY created_at, id
    ON CONFLICT ({{identifiers .Key.Columns}})
    {{- if .Merged}} DO UPDATE {{template "set" .}}
    -- Another writer may have changed the line in between.
    WHERE {{template "changes" .}}
    {{- else}} DO NOTHING
    {{- end}}
    RETURNING 1
)
{{- else}}
-- ON CONFLICT takes no deferrable key, and one with more columns finds no line that
-- differs in those.
{{- if .Merged}}
changed AS (
    UPDATE {{.Table}} AS stored {{template "set" .}}
    FROM richest AS EXCLUDED
    WHERE stored.created_at BETWEEN $1 AND $2
        AND stored.created_at = EXCLUDED.created_at
        AND stored.id = EXCLUDED.id
        AND {{template "changes" .}}
    RETURNING 1
),
{{- end}}
added AS (
    INSERT INTO {{.Table}} ({{identifiers .Names}})
    SELECT {{identifiers .Names}}
    FROM compared
    WHERE NOT "line is known"
    ORDER BY created_at, id
    RETURNING 1
),
written AS (
    SELECT FROM added{{if .Merged}} UNION ALL SELECT FROM changed{{end}}
)
{{- end}}
SELECT
    (SELECT pg_catalog.count(*) FROM compared),
    (SELECT pg_catalog.count(*) FROM compared WHERE "line is known"),
    (SELECT pg_catalog.count(*) FROM written);
