-- Compiling takes longer than the few rows of a batch.
SET LOCAL jit = off;
-- The staging table has the columns without constraints and defaults, and exists for this
-- transaction only. It lives in pg_temp, so it needs no privilege on the table's schema.
CREATE TEMPORARY TABLE {{.Staging}} ON COMMIT DROP AS
SELECT {{identifiers .Names}}
FROM {{.Table}}
WITH NO DATA;
