-- One statement locks the table once. lock_timeout bounds how long it waits for
-- readers, because writers queue up behind it.
SET LOCAL lock_timeout = '1s';
ALTER TABLE {{.Table}}
{{- range $i, $column := .Columns}}{{if $i}},{{end}}
    ADD COLUMN {{template "column" .}}
{{- end}};
