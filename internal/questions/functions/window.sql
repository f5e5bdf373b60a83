{{- define "parameters" -}}
since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL
{{- end -}}
{{- define "number" -}}
CASE pg_catalog.jsonb_typeof(statistics -> '{{.}}'::text) WHEN 'number' THEN (statistics -> '{{.}}'::text)::numeric END
{{- end -}}
{{- define "failed" -}}
(status >= 500 OR status < 400 AND error_code IS NOT NULL)
{{- end -}}
{{- define "lines" -}}{{.Function "window"}}(since, until, service, method, route){{- end -}}
-- Most other questions read lines through this function. The planner inlines it into them,
-- so unused columns cost nothing and the conditions on created_at prune partitions. The
-- body is text rather than BEGIN ATOMIC, so that it does not depend on the table, which can
-- be altered and dropped.
--
-- If the table lacks a column, that of "absent" takes its place: a name that the inner query
-- does not know is resolved outside it. Arguments are numbered because a column of the
-- table could have the name of one.
{{.Create}} FUNCTION {{.Function "window"}}(
    {{template "parameters"}}
) RETURNS TABLE (
    created_at timestamptz,
    service_name text,
    http_method text,
    http_route text,
    http_path text,
    status integer,
    duration interval,
    requests double precision,
    error_code text,
    error_cause text,
    account_id text,
    account_email text,
    ip inet,
    user_agent text,
    request_id uuid,
    trace_id text,
    statistics jsonb
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        line.created_at,
        line.service_name::text,
        line.http_method::text,
        line.http_route::text,
        line.http_path::text,
        line.status::integer,
        line.duration::interval,
        line.adjusted_count::double precision,
        line.api_error_code::text,
        coalesce(line.api_error_cause, line.api_error_message, line.api_error_internal_code, line.api_error_code)::text,
        line.account_id::text,
        line.account_email::text,
        line.ip::inet,
        line.user_agent::text,
        line.request_id::uuid,
        line.trace_id::text,
        line.statistics::jsonb
    FROM (
        VALUES (
            1::double precision, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
            NULL::text, NULL::text, NULL::inet, NULL::text, NULL::uuid, NULL::text, NULL::jsonb
        )
    ) AS absent (
        adjusted_count, service_name, http_route, http_path, api_error_code, api_error_cause, api_error_message,
        api_error_internal_code, account_id, account_email, ip, user_agent, request_id, trace_id, statistics
    )
    CROSS JOIN LATERAL (
        SELECT
            created_at, service_name, http_method, http_route, http_path, status, duration, adjusted_count,
            api_error_code, api_error_cause, api_error_message, api_error_internal_code,
            account_id, account_email, ip, user_agent, request_id, trace_id, statistics
        FROM {{.Table}}
        WHERE created_at > coalesce($2, pg_catalog.now()) - $1
            AND created_at <= coalesce($2, 'infinity')
    ) AS line
    WHERE ($3 IS NULL OR line.service_name = $3)
        AND ($4 IS NULL OR line.http_method = $4)
        AND ($5 IS NULL OR line.http_route = $5)
$answer$;
COMMENT ON FUNCTION {{.Function "window"}} IS
'The lines of a window, for questions of your own. requests is how many requests a line stands for: sum it if lines were sampled.{{.Mark}}';
