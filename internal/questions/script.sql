-- Creates the functions that answer questions about the table. Its owner runs this script
-- where the exporter must not run DDL (database::create_schema: false), and again after an
-- upgrade:
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/questions.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line/"metrics"."lines/g' schema/questions.sql | psql …
--
-- SELECT * FROM canonical_api_line_questions() then lists them. Everybody who may read the
-- table may call them. Generated from internal/questions/functions/: edit those.

-- The functions keep what these names mean here, whatever the search_path of those who call
-- them.
SET search_path = pg_catalog, pg_temp;

-- Drops older versions, since their results may differ, in one statement, since they call one
-- another. A function that has one of these names but was not created by the exporter stops
-- the script.
DO $$
DECLARE
    old text;
BEGIN
    SELECT pg_catalog.string_agg(p.oid::regprocedure::text, ', ')
    INTO old
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.unnest(ARRAY[
{{- range $i, $name := .Names}}{{if $i}},{{end}}
        {{literal ($.Function $name).String}}
{{- end}}
    ]) AS known (name) ON p.oid = pg_catalog.to_regproc(known.name)::oid
    WHERE pg_catalog.strpos(pg_catalog.obj_description(p.oid, 'pg_proc'), '{{.MarkStart}}') > 0;
    IF old IS NOT NULL THEN
        EXECUTE 'DROP FUNCTION ' || old;
    END IF;
END
$$;
{{range .Definitions}}
{{.}}
{{end}}
RESET search_path;
