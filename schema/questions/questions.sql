-- What is ours says so at the end of its comment. The names are found by this
-- function's own.
{{.Create}} FUNCTION {{.Function "questions"}}() RETURNS TABLE (
    function text,
    answers text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        p.proname || '(' || pg_get_function_arguments(p.oid) || ')',
        left(d.description, strpos(d.description, '{{.MarkStart}}') - 1)
    FROM pg_proc AS own
    JOIN pg_proc AS p
        ON p.pronamespace = own.pronamespace
        AND starts_with(p.proname::text, left(own.proname::text, -length('questions')))
    JOIN pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
    WHERE own.oid = to_regproc({{literal (.Function "questions").String}})
        AND strpos(d.description, '{{.MarkStart}}') > 0
    ORDER BY p.oid
$answer$;
COMMENT ON FUNCTION {{.Function "questions"}} IS
'What can I ask? These functions, and what each answers.{{.Mark}}';
