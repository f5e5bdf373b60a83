{{.Create}} FUNCTION {{.Function "errors"}}(
    {{template "parameters"}}
) RETURNS TABLE (
    status integer,
    service_name text,
    http_method text,
    http_route text,
    error_code text,
    error_cause text,
    requests bigint,
    accounts bigint,
    first_at timestamptz,
    last_at timestamptz
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        status,
        service_name,
        http_method,
        http_route,
        error_code,
        error_cause,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.count(DISTINCT coalesce(account_id, account_email)),
        pg_catalog.min(created_at),
        pg_catalog.max(created_at)
    FROM {{template "lines" .}}
    WHERE status >= 400 OR error_code IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5, 6
    ORDER BY {{template "failed"}} DESC, 7 DESC, 1, 2, 3, 4, 5, 6;
END;
COMMENT ON FUNCTION {{.Function "errors"}} IS
'What goes wrong, where, since when and for how many accounts? Failures (status 500 and above, or an error beside a status below 400, as GraphQL has) come first, then the most frequent.{{.Mark}}';
