-- The slowest are found first: statistics are taken apart of those alone.
CREATE OR REPLACE FUNCTION {{.Function "slowest"}}(
    {{template "parameters"}},
    top integer DEFAULT 20
) RETURNS TABLE (
    at timestamptz,
    service_name text,
    http_method text,
    http_path text,
    status integer,
    duration interval,
    own interval,
    database interval,
    waiting interval,
    outgoing interval,
    queries bigint,
    account text,
    request_id uuid,
    trace_id text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        created_at,
        service_name,
        http_method,
        http_path,
        status,
        duration,
        (statistics ->> 'self_duration')::double precision * interval '1 s',
        (statistics ->> 'db_duration')::double precision * interval '1 s',
        (statistics ->> 'db_acquire_duration')::double precision * interval '1 s',
        (
            coalesce((statistics ->> 'http_duration')::double precision, 0)
            + coalesce((statistics ->> 'rpc_duration')::double precision, 0)
            + coalesce((statistics ->> 'messaging_duration')::double precision, 0)
        ) * interval '1 s',
        (statistics ->> 'db_num_queries')::bigint,
        coalesce(account_email, account_id),
        request_id,
        trace_id
    FROM (
        SELECT *
        FROM {{template "lines" .}}
        ORDER BY duration DESC
        LIMIT top
    ) AS slowest
    ORDER BY duration DESC, created_at
$$;
COMMENT ON FUNCTION {{.Function "slowest"}} IS
'Which requests were slowest, and where did their time go? own is the time in which no outgoing call was running; waiting is for a database connection; database and outgoing (HTTP, RPC, messages) are sums, so that parallel calls can exceed the duration.{{.Mark}}';
