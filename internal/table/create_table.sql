{{- define "column" -}}
{{identifier .Name}} {{.Type}}{{if .NotNull}} NOT NULL{{end}}{{with .Default}} DEFAULT {{.}}{{end}}
{{- end -}}
-- Partitioned by the time the request ended, so that old lines are removed by DROP.
-- The primary key has to contain the partition key. created_at leads it because every
-- question is about a time window.
CREATE TABLE {{.Table}} (
{{- range .Columns}}
    {{template "column" .}},
{{- end}}
    PRIMARY KEY (created_at, id)
) PARTITION BY RANGE (created_at);
