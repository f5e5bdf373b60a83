-- Makes sure that the table is as it was when it was read: COPY would take the bytes of one
-- type for those of another, and without its key a line could be stored twice. It costs no
-- statement, no lock but that of the statement it is in, and nothing per row. Postgres resolves
-- it once, while it holds the lock: the name of the key becomes the oid of the index, a column
-- that is gone or has another type is an error (42703, 42804, 42846, 42883), and what is left
-- is true. If the key is another, a cast fails for the first row, since there is no such table
-- (42P01). It needs a WHEN of its own, because the types are NULL in the end.
{{define "unchanged" -}}
CASE WHEN {{literal .Key.IndexName.String}}::pg_catalog.regclass::pg_catalog.oid OPERATOR(pg_catalog.=) {{.Key.Index}}::pg_catalog.oid THEN true
        WHEN '"as the table was when it was read"'::pg_catalog.text::pg_catalog.regclass IS NULL THEN true
        {{- range .Types}}
            AND pg_catalog.arraycontained({{if .Array}}{{identifiers .Columns}}{{else}}ARRAY[{{identifiers .Columns}}]{{end}}, NULL::pg_catalog.{{identifier .ArrayName}})
        {{- end}} END
{{- end}}
