-- How two versions of a line become one. A stored line only gains.
--
-- If a line has two versions, the one whose statistics count more spans is richer: its
-- values win, and those of the other fill its NULLs. So a line that is delivered again
-- after its descendants were forgotten cannot make the stored one poorer. The counts are
-- compared as jsonb: a cast could fail on what an application wrote there.
--
-- Two versions that count as many spans can differ in what they say of missing ones. A
-- line that may be short says so.
{{define "richer" -}}
COALESCE(EXCLUDED.statistics -> 'spans'::text, '0') >= COALESCE(stored.statistics -> 'spans'::text, '0')
{{- end -}}
{{define "new" -}}
{{if eq .Name "statistics" -}}
CASE WHEN stored.statistics @> '{"incomplete": true}'
            AND COALESCE(EXCLUDED.statistics -> 'spans'::text, '0') = COALESCE(stored.statistics -> 'spans'::text, '0')
        THEN COALESCE(EXCLUDED.statistics, '{}') || '{"incomplete": true}'
        ELSE COALESCE(EXCLUDED.statistics, stored.statistics) END
{{- else -}}
COALESCE(EXCLUDED.{{identifier .Name}}, stored.{{identifier .Name}})
{{- end}}
{{- end -}}
{{define "old" -}}
COALESCE(stored.{{identifier .Name}}, EXCLUDED.{{identifier .Name}})
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
        updated_at = current_timestamp
    {{- end}}
{{- end -}}
{{define "stored" -}}
({{range $i, $column := .Merged}}{{if $i}}, {{end}}stored.{{identifier $column.Name}}{{end}})
{{- end -}}
-- To decide once for all columns takes a third of the time of doing it for each.
{{define "changes" -}}
{{if .ByStatistics -}}
CASE WHEN {{template "richer"}}
        THEN ({{range $i, $column := .Merged}}{{if $i}}, {{end}}{{template "new" $column}}{{end}}) IS DISTINCT FROM {{template "stored" .}}
        ELSE ({{range $i, $column := .Merged}}{{if $i}}, {{end}}{{template "old" $column}}{{end}}) IS DISTINCT FROM {{template "stored" .}} END
{{- else -}}
({{range $i, $column := .Merged}}{{if $i}}, {{end}}{{template "new" $column}}{{end}}) IS DISTINCT FROM {{template "stored" .}}
{{- end}}
{{- end -}}
