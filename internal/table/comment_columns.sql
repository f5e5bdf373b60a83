{{range .Columns}}
COMMENT ON COLUMN {{$.Table}}.{{identifier .Name}} IS {{literal .Comment}};
{{- end}}
