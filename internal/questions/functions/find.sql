{{.Create}} FUNCTION {{.Function "find"}}(
    value text,
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    found_in text,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    error text,
    account text,
    request_id text,
    trace_id text,
    account_id text
)
LANGUAGE sql STABLE ROWS 20
BEGIN ATOMIC
    SELECT
        at,
        found_in,
        line ->> 'service_name'::text,
        line ->> 'http_method'::text,
        line ->> 'http_path'::text,
        (line ->> 'status'::text)::integer,
        (line ->> 'duration'::text)::interval,
        {{template "error of" "line"}},
        coalesce(line ->> 'account_email'::text, line ->> 'account_id'::text),
        line ->> 'request_id'::text,
        line ->> 'trace_id'::text,
        line ->> 'account_id'::text
    FROM {{.Function "look_up"}}(value, NULL, since, until, top)
    ORDER BY at DESC;
END;
COMMENT ON FUNCTION {{.Function "find"}} IS
'Where does this stand? The latest lines with a request id, a trace id or span id, an idempotency key, an account''s id or mail address, a client''s address or network, or a path; found_in says in which column. since NULL means all that the table holds. Columns without an index are read only if those with one have nothing.{{.Mark}}';
