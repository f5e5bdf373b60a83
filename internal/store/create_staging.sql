-- Compiling takes longer than the few rows of a batch.
SET LOCAL jit = off;
-- Columns without constraints and defaults, for this transaction alone. It
-- lives in pg_temp and needs no privilege on the table's schema.
CREATE TEMPORARY TABLE canonical_line_staging ON COMMIT DROP AS
SELECT {{range $i, $name := .Names}}{{if $i}}, {{end}}{{identifier $name}}{{end}}
FROM {{.Table}}
WITH NO DATA;
