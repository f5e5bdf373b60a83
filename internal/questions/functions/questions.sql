-- A function that the exporter created says so at the end of its comment. This function
-- finds the others by the start of its own name.
{{.Create}} FUNCTION {{.Function "questions"}}() RETURNS TABLE (
    question text,
    function text,
    arguments text,
    explanation text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        substring(explained.text FROM '^[^?.]*[?.]'),
        p.proname::text,
        pg_catalog.pg_get_function_arguments(p.oid),
        explained.text
    FROM pg_catalog.pg_proc AS own
    JOIN pg_catalog.pg_proc AS p
        ON p.pronamespace = own.pronamespace
        AND pg_catalog.starts_with(p.proname::text, pg_catalog.left(own.proname::text, -pg_catalog.length('questions')))
    JOIN pg_catalog.pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_catalog.pg_proc'::regclass::oid
    CROSS JOIN LATERAL (SELECT pg_catalog.left(d.description, pg_catalog.strpos(d.description, '{{.MarkStart}}') - 1)) AS explained (text)
    WHERE own.oid = pg_catalog.to_regproc({{literal (.Function "questions").String}})::oid
        AND pg_catalog.strpos(d.description, '{{.MarkStart}}') > 0
    ORDER BY p.oid;
END;
COMMENT ON FUNCTION {{.Function "questions"}} IS
'What can I ask? These functions with their questions and arguments.{{.Mark}}';
