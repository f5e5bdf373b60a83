-- One statement, so that the table is locked once. It waits for readers no
-- longer than lock_timeout: writers would queue up behind it.
SET LOCAL lock_timeout = '5s';
ALTER TABLE {{.Table}}
{{- range $i, $column := .Columns}}{{if $i}},{{end}}
    ADD COLUMN {{identifier .Name}} {{.Type}}{{if .NotNull}} NOT NULL{{end}}{{if .Default}} DEFAULT {{.Default}}{{end}}
{{- end}};
