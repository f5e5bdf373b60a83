-- IMMUTABLE, so that the planner sees the text and not the call.
{{.Create}} FUNCTION {{.Function "one_of"}}(
    VARIADIC "values" text[]
) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT nullif(pg_catalog.array_to_string("values", E'\n'), '');
END;
COMMENT ON FUNCTION {{.Function "one_of"}} IS
'Several services, methods or routes for a question, as in speed(service => one_of(''api'', ''web'')). NULL alone means all.{{.Mark}}';
