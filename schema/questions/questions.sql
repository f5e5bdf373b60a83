-- What is ours says so at the end of its comment.
CREATE OR REPLACE FUNCTION {{.Function "questions"}}() RETURNS TABLE (
    function text,
    answers text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        p.proname || '(' || pg_get_function_arguments(p.oid) || ')',
        left(d.description, strpos(d.description, ' [canonical_line ') - 1)
    FROM pg_proc AS p
    JOIN pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_description AS d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
    WHERE n.nspname = {{literal .Table.Schema}}
        AND starts_with(p.proname::text, {{literal (print .Table.Name "_")}})
        AND strpos(d.description, ' [canonical_line ') > 0
    ORDER BY p.oid
$$;
COMMENT ON FUNCTION {{.Function "questions"}} IS
'What can I ask? These functions, and what each answers.{{.Mark}}';
