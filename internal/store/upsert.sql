-- Moves staged lines into the table, where a stored line only gains.
--
-- Of two versions of a line the one whose statistics count more spans knows
-- more: its values win, the other's fill its NULLs. So a line that is delivered
-- again after its descendants were forgotten cannot make the stored one poorer.
-- jsonb compares the counts as they are; a cast could fail on what an
-- application wrote there.
--
-- Two versions that count as many spans can differ in what they say of those that are
-- missing. A line that may be short says so.
{{define "merged" -}}
{{if and .ByStatistics (eq .Name "statistics") -}}
CASE WHEN COALESCE(EXCLUDED.statistics -> 'spans', '0') > COALESCE(stored.statistics -> 'spans', '0')
        THEN COALESCE(EXCLUDED.statistics, stored.statistics)
        WHEN COALESCE(EXCLUDED.statistics -> 'spans', '0') < COALESCE(stored.statistics -> 'spans', '0')
        THEN COALESCE(stored.statistics, EXCLUDED.statistics)
        WHEN stored.statistics @> '{"incomplete": true}'
        THEN COALESCE(EXCLUDED.statistics, '{}') || '{"incomplete": true}'
        ELSE COALESCE(EXCLUDED.statistics, stored.statistics) END
{{- else if .ByStatistics -}}
CASE WHEN COALESCE(EXCLUDED.statistics -> 'spans', '0') >= COALESCE(stored.statistics -> 'spans', '0')
        THEN COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
        ELSE COALESCE(stored.{{identifier .Name}}, EXCLUDED.{{identifier .Name}}) END
{{- else -}}
COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
{{- end}}
{{- end -}}
-- xmax would tell inserted from updated rows, but no partitioned table returns
-- it; so those that are there already are counted beside the INSERT, in the same
-- snapshot.
--
-- The planner knows nothing of a table filled in the same transaction, and would
-- scan whole partitions to find a few lines. OFFSET 0 has each key looked up on
-- its own, in the one partition that can hold it.
WITH keys AS (
    SELECT DISTINCT created_at, id
    FROM pg_temp.canonical_line_staging
),
known AS (
    SELECT count(*) AS lines
    FROM keys
    CROSS JOIN LATERAL (
        SELECT 1
        FROM {{.Table}} AS stored
        WHERE stored.created_at = keys.created_at
            AND stored.id = keys.id
        OFFSET 0
    ) AS found
),
written AS (
    INSERT INTO {{.Table}} AS stored ({{range $i, $name := .Names}}{{if $i}}, {{end}}{{identifier $name}}{{end}})
    -- ON CONFLICT refuses to touch a row twice in one statement (21000): of a
    -- line that is staged twice, DISTINCT ON keeps the version that knows most.
    -- Key order lets two writers of the same lines queue up instead of
    -- deadlocking.
    SELECT DISTINCT ON (created_at, id) {{range $i, $name := .Names}}{{if $i}}, {{end}}{{identifier $name}}{{end}}
    FROM pg_temp.canonical_line_staging
    ORDER BY created_at, id{{if .ByStatistics}}, COALESCE(statistics -> 'spans', '0') DESC{{end}}
    ON CONFLICT (created_at, id)
    {{- if .Mutable}} DO UPDATE SET
    {{- range $i, $column := .Mutable}}{{if $i}},{{end}}
        {{identifier $column.Name}} = {{template "merged" $column}}
    {{- end}}
    {{- if .UpdatedAt}},
        updated_at = current_timestamp
    {{- end}}
    -- A line that would not change writes no tuple.
    WHERE (
        {{- range $i, $column := .Mutable}}{{if $i}}, {{end}}stored.{{identifier $column.Name}}{{end -}}
    ) IS DISTINCT FROM (
        {{- range $i, $column := .Mutable}}{{if $i}},{{end}}
        {{template "merged" $column}}
        {{- end}}
    )
    {{- else}} DO NOTHING
    {{- end}}
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM keys),
    (SELECT lines FROM known),
    (SELECT count(*) FROM written);
