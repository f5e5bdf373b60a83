-- Precedes copy.sql where history may hold hours of the lines, in the same transaction.
INSERT INTO {{.Table.Marks}} (at)
VALUES {{range $i, $hour := .Hours}}{{if $i}}, {{end}}({{literal $hour}}::pg_catalog.timestamptz){{end}};
