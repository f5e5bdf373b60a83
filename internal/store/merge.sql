-- How two versions of a line become one. A stored line only gains.
--
-- If a line has two versions, the one whose statistics count more spans, or as many and more
-- exceptions or log records, is richer: its values win, and those of the other fill its NULLs.
-- So a line that is delivered again after its descendants were forgotten cannot make the stored
-- one poorer. The counts are compared as jsonb: a cast could fail on what an application wrote
-- there.
--
-- A version that says that spans are missing may know some that the other lacks: it comes from
-- a collector that was started in between. A line that may be short says so.
--
-- A schema that comes before pg_catalog in the search_path can have operators of its own, and
-- IS DISTINCT FROM, BETWEEN and IN call those.
{{define "counts" -}}
ROW(COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'spans'::pg_catalog.text, '0'),
            COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'exceptions'::pg_catalog.text, '0'),
            COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'log_records'::pg_catalog.text, '0'))
{{- end -}}
-- The same for ORDER BY, the richest first. Citus writes the results of a query with a record in its
-- ORDER BY in another format than it reads.
{{define "by counts" -}}
COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'spans'::pg_catalog.text, '0') DESC,
            COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'exceptions'::pg_catalog.text, '0') DESC,
            COALESCE({{.}}.statistics OPERATOR(pg_catalog.->) 'log_records'::pg_catalog.text, '0') DESC
{{- end -}}
{{define "incomplete" -}}
COALESCE({{.}}.statistics, '{}') OPERATOR(pg_catalog.@>) '{"incomplete": true}'
{{- end -}}
{{define "richer" -}}
{{template "counts" "EXCLUDED"}} OPERATOR(pg_catalog.>=) {{template "counts" "stored"}}
{{- end -}}
{{define "new" -}}
{{if eq .Name "statistics" -}}
CASE WHEN {{template "incomplete" "stored"}}
        THEN COALESCE(EXCLUDED.statistics, '{}') OPERATOR(pg_catalog.||) '{"incomplete": true}'
        ELSE COALESCE(EXCLUDED.statistics, stored.statistics) END
{{- else -}}
COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
{{- end}}
{{- end -}}
{{define "old" -}}
{{if eq .Name "statistics" -}}
CASE WHEN {{template "incomplete" "EXCLUDED"}}
        THEN COALESCE(stored.statistics, '{}') OPERATOR(pg_catalog.||) '{"incomplete": true}'
        ELSE COALESCE(stored.statistics, EXCLUDED.statistics) END
{{- else -}}
COALESCE(stored.{{identifier .Name}}, EXCLUDED.{{identifier .Name}})
{{- end}}
{{- end -}}
{{define "set" -}}
SET
    {{- range $i, $column := .Merged}}{{if $i}},{{end}}
        {{identifier $column.Name}} =
        {{- if $column.ByStatistics}} CASE WHEN {{template "richer"}} THEN {{template "new" $column}} ELSE {{template "old" $column}} END
        {{- else}} {{template "new" $column}}
        {{- end}}
    {{- end}}
    {{- if .UpdatedAt}},
        updated_at = EXCLUDED.updated_at
    {{- end}}
{{- end -}}
-- The CASE gives a column the same type in both rows, text or varchar.
{{define "becomes new" -}}
pg_catalog.record_image_ne(
            ROW({{range $i, $column := .Merged}}{{if $i}}, {{end}}{{template "new" $column}}{{end}}),
            ROW({{range $i, $column := .Merged}}{{if $i}}, {{end}}CASE WHEN true THEN stored.{{identifier $column.Name}} ELSE EXCLUDED.{{identifier $column.Name}} END{{end}}))
{{- end -}}
-- To decide once for all columns takes a third of the time of doing it for each.
{{define "changes" -}}
{{if .ByStatistics -}}
CASE WHEN {{template "richer"}}
        THEN {{template "becomes new" .}}
        WHEN {{template "incomplete" "EXCLUDED"}} AND NOT {{template "incomplete" "stored"}} THEN true
        ELSE pg_catalog.num_nulls({{range $i, $column := .Merged}}{{if $i}}, {{end}}{{template "old" $column}}{{end}}) OPERATOR(pg_catalog.<>)
            pg_catalog.num_nulls({{range $i, $column := .Merged}}{{if $i}}, {{end}}stored.{{identifier $column.Name}}{{end}}) END
{{- else -}}
{{template "becomes new" .}}
{{- end}}
{{- end -}}
