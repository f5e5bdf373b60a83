-- Creates the table. Its owner runs this script where the exporter must not run DDL
-- (database::create_schema: false). The schema has to exist:
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/table.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"/"metrics"/g; s/"canonical_api_line"/"lines"/g' schema/table.sql | psql …
--
-- The table takes no lines until it has partitions. A collector with create_schema: true
-- creates them, or a job of yours:
--
--   CREATE TABLE canonical_api_line_20230512 PARTITION OF canonical_api_line
--       FOR VALUES FROM ('2023-05-12 00:00+00') TO ('2023-05-13 00:00+00');
--
-- Generated from the columns in internal/line/columns.go: edit those.

-- The default of the id names gen_ulid() without a schema, as the article does.
SET LOCAL search_path = {{identifier .Table.Schema}};

-- A gen_ulid() that exists stays.
DO $create$
BEGIN
    IF pg_catalog.to_regprocedure({{literal (print (identifier .Table.Schema) ".gen_ulid()")}}) IS NULL THEN
{{template "create_gen_ulid.sql" .}}    END IF;
END
$create$;

{{template "create_table.sql" .}}
{{- template "comment_columns.sql" . -}}
