-- Compiling takes longer than the few rows of a batch. Postgres says of each batch but the
-- first of a connection that the staging table exists.
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
-- The staging table has the columns of the batch without constraints and defaults. It stays
-- with the connection, since each new one would leave a row in pg_attribute for every column,
-- and is empty between transactions, so PgBouncer may hand it to another client. Its name and
-- its types follow from the batch alone. It lives in pg_temp, so it needs no privilege on the
-- table's schema.
CREATE TEMPORARY TABLE IF NOT EXISTS {{.Staging}} (
{{- range $i, $column := .Layout}}{{if $i}},{{end}}
    {{identifier $column.Name}} {{$column.Type.Qualified}}
{{- end}}
) ON COMMIT DELETE ROWS;
