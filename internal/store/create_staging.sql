-- Compiling takes longer than the few rows of a batch. Postgres says of each batch but the
-- first of a connection that the staging table exists.
SET LOCAL jit = off;
SET LOCAL client_min_messages = warning;
{{- if .Distributed}}
-- Writers of the same lines take them shard by shard, so that they queue up instead of deadlocking.
SET LOCAL citus.multi_shard_modify_mode = sequential;
{{- end}}
-- The staging table has the columns of the batch without constraints and defaults. It stays
-- with the connection, since each new one would leave a row in pg_attribute for every column,
-- and is empty between transactions, so PgBouncer may hand it to another client. Its name and
-- its types follow from the batch alone. It lives in pg_temp, so it needs no privilege on the
-- table's schema. updated_at is that of the lines that this transaction changes: Citus pushes an
-- upsert down only if it takes the time from a row.
CREATE TEMPORARY TABLE IF NOT EXISTS {{.Staging}} (
{{- range $i, $column := .Layout}}{{if $i}},{{end}}
    {{identifier $column.Name}} {{$column.Type.Qualified}}
{{- end}},
    updated_at pg_catalog.timestamptz DEFAULT current_timestamp
) ON COMMIT DELETE ROWS;
