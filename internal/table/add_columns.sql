-- One statement locks the table once. It is alone in its text, which Citus sends its nodes.
ALTER TABLE {{.Table}}
{{- range $i, $column := .Columns}}{{if $i}},{{end}}
    ADD COLUMN {{template "column" .}}
{{- end}};
