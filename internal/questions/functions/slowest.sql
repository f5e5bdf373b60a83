-- The slowest lines are found first, so that only their statistics are read.
{{.Create}} FUNCTION {{.Function "slowest"}}(
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
    queries numeric,
    account text,
    request_id uuid,
    trace_id text,
    account_id text
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
        ({{template "number" "self_duration"}})::double precision * interval '1 s',
        ({{template "number" "db_duration"}})::double precision * interval '1 s',
        ({{template "number" "db_acquire_duration"}})::double precision * interval '1 s',
        (
            coalesce({{template "number" "http_duration"}}, 0)
            + coalesce({{template "number" "rpc_duration"}}, 0)
            + coalesce({{template "number" "messaging_duration"}}, 0)
            + coalesce({{template "number" "other_duration"}}, 0)
        )::double precision * interval '1 s',
        {{template "number" "db_num_queries"}},
        coalesce(account_email, account_id),
        request_id,
        trace_id,
        account_id
    FROM (
        SELECT *
        FROM {{template "lines" .}}
        ORDER BY duration DESC
        LIMIT top
    ) AS slowest
    ORDER BY duration DESC, created_at;
END;
COMMENT ON FUNCTION {{.Function "slowest"}} IS
'Which requests were slowest, and where did their time go? own is the time in which no outgoing call was running; waiting is for a database connection; database and outgoing (HTTP, RPC, messages and other calls) are sums, so they can exceed the duration if calls ran in parallel.{{.Mark}}';
