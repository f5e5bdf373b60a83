-- The functions that answer questions about a table, for its owner to apply where
-- the exporter may not (database::create_schema: false), and again after an upgrade:
--
--   psql "$DATABASE_URL" -1 -v ON_ERROR_STOP=1 -f schema/questions.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line/"metrics"."lines/g' schema/questions.sql | psql …
--
-- SELECT * FROM canonical_api_line_questions() then says what there is. Everybody who
-- may read the table may ask. Generated from internal/questions/functions/: edit those.

-- Those of an older version go, since their results may have differed; functions of
-- these names that the exporter does not know stop the script.
DO $$
DECLARE
    old regprocedure;
BEGIN
    FOR old IN
        SELECT p.oid
        FROM pg_proc AS p
        JOIN unnest(ARRAY[
{{- range $i, $name := .Names}}{{if $i}},{{end}}
            {{literal ($.Function $name).String}}
{{- end}}
        ]) AS ours (name) ON p.oid::regproc = to_regproc(ours.name)
        WHERE strpos(obj_description(p.oid, 'pg_proc'), '{{.MarkStart}}') > 0
    LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END
$$;
{{range .Definitions}}
{{.}}
{{end -}}
