{{.Create}} FUNCTION {{.Function "account"}}(
    who text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    top integer DEFAULT 1000
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
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT
        at,
        line ->> 'service_name'::text,
        line ->> 'http_method'::text,
        line ->> 'http_path'::text,
        (line ->> 'status'::text)::integer,
        (line ->> 'duration'::text)::interval,
        {{template "error of" "line"}},
        (line ->> 'request_id'::text)::uuid,
        line ->> 'trace_id'::text
    FROM {{.Function "look_up"}}(who, ARRAY['account_id', 'account_email', 'ip']::text[], since, until, top)
    ORDER BY at DESC;
END;
COMMENT ON FUNCTION {{.Function "account"}} IS
'What did this customer see? The requests of an account (its id or mail address) or of a client''s IP address, the latest first, at most top of them (NULL: all).{{.Mark}}';
