{{.Create}} FUNCTION {{.Function "account"}}(
    who text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    error text,
    request_id uuid,
    trace_id text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        created_at,
        service_name,
        http_method,
        http_path,
        status,
        duration,
        coalesce(error_code, error_cause),
        request_id,
        trace_id
    FROM {{.Function "window"}}(since, until)
    WHERE account_id IN (who, pg_catalog.lower(who)) OR account_email = who OR pg_catalog.host(ip) = who
    ORDER BY created_at DESC;
END;
COMMENT ON FUNCTION {{.Function "account"}} IS
'What did this customer see? The requests of an account (its id or mail address) or of a client''s IP address, the latest first.{{.Mark}}';
