{{.Create}} FUNCTION {{.Function "failures"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    status integer,
    error text,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        pg_catalog.date_bin({{template "step"}}, created_at, 'epoch'),
        status,
        coalesce(error_code, pg_catalog.left(error_cause, 100)),
        pg_catalog.round(pg_catalog.sum(requests))::bigint
    FROM {{template "lines" .}}
    WHERE status >= 400 OR error_code IS NOT NULL
    GROUP BY 1, 2, 3
    ORDER BY 1, 4 DESC, 2, 3
$answer$;
COMMENT ON FUNCTION {{.Function "failures"}} IS
'What broke when? Requests with a status of 400 and above, or with an error, by error, step by step (a 60th of the window unless given).{{.Mark}}';
