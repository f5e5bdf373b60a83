{{- define "parameters" -}}
since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL
{{- end -}}
{{- define "filters" -}}service, method, route, environment, with_status, of_account{{- end -}}
{{- define "lines" -}}{{.Function "window"}}(since, until, {{template "filters"}}){{- end -}}
{{- define "past" -}}{{.Function "past"}}(since, until, {{template "filters"}}){{- end -}}
{{- /* The end of the window. Times of day and lengths of days are UTC's, whatever the session's zone. */ -}}
{{- define "end" -}}(coalesce(until, pg_catalog.now()) AT TIME ZONE 'UTC'){{- end -}}
{{- /* A 60th of a window is made of seconds, because date_bin accepts no months. Where it is longer
    than an hour it is made of whole hours, which history has. */ -}}
{{- define "step" -}}
greatest(coalesce(step, pg_catalog.make_interval(secs => CASE
        WHEN since > interval '60 hours' THEN 3600 * pg_catalog.ceil(extract(epoch FROM since)::double precision / 216000)
        ELSE extract(epoch FROM since)::double precision / 60 END)), '1 s')
{{- end -}}
{{- /* Whether a question is answered from lines alone. History tells neither statuses nor accounts
    apart. */ -}}
{{- define "from lines" -}}
(exact OR since <= interval '3 hours' OR with_status IS NOT NULL OR of_account IS NOT NULL OR {{template "no history" .}})
{{- end -}}
{{- /* Whether percentiles are taken from lines and not from buckets. That takes every line, which is
    asked for where the lines are on other nodes. */ -}}
{{- define "percentiles from lines" -}}{{if .Distributed}}exact{{else}}{{template "from lines" .}}{{end}}{{- end -}}
{{- define "steps from lines" -}}
{{if .Distributed}}exact{{else}}({{template "from lines" .}} OR NOT {{template "hourly"}}){{end}}
{{- end -}}
{{- define "no history" -}}NOT {{.Function "kept"}}(){{- end -}}
{{- /* History has no steps but whole hours. */ -}}
{{- define "hourly" -}}(extract(epoch FROM {{template "step"}}) % 3600 = 0){{- end -}}
{{- define "accuracy" -}}'±2.2 %'::text{{- end -}}
{{- /* For rows of past by bucket: how many requests are not slower, and how many there are. */ -}}
{{- define "reached" -}}
pg_catalog.sum(n) OVER ({{.}} ORDER BY bucket NULLS FIRST) AS reached,
                pg_catalog.sum(n) OVER ({{.}}) AS of_all
{{- end -}}
{{- /* The bucket of a percentile, far below all others for a duration of zero. */ -}}
{{- define "bucket at" -}}
pg_catalog.min(coalesce(bucket, -10000)) FILTER (WHERE n > 0 AND reached >= {{.}} * of_all)
{{- end -}}
{{- /* The middle of a bucket. */ -}}
{{- define "middle" -}}
CASE WHEN {{.}} = -10000 THEN interval '0' ELSE pg_catalog.make_interval(secs => pg_catalog.power(2::double precision, ({{.}} + 0.5)::double precision / 16) / 1000000) END
{{- end -}}
{{- define "step of" -}}pg_catalog.date_bin({{template "step"}}, created_at, 'epoch'){{- end -}}
{{- /* The steps that share an instant with the window, which is open at its start. */ -}}
{{- define "steps" -}}
(
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(
            pg_catalog.date_bin({{template "step"}}, {{template "end"}} - since + interval '1 us', 'epoch'),
            {{template "end"}} - interval '1 us',
            {{template "step"}}
        ) AS steps (at)
    )
{{- end -}}
{{- /* Hides the expression of a step from the planner, which would take every line for a step of
    its own and sort lines that it can hash. A typed zero leaves the lines to several workers. */ -}}
{{- define "fence" -}}OFFSET bigint '0'{{- end -}}
{{- /* What went wrong, of a line as JSON. */ -}}
{{- define "error of" -}}
coalesce(
            {{.}} ->> 'api_error_code'::text, {{.}} ->> 'api_error_cause'::text,
            {{.}} ->> 'api_error_message'::text, {{.}} ->> 'api_error_internal_code'::text
        )
{{- end -}}
{{- /* At least two decimals and three digits, so that what is not zero never looks like it. */ -}}
{{- define "digits" -}}
pg_catalog.round(({{.}})::numeric, greatest(2, 2 - pg_catalog.floor(pg_catalog.log(pg_catalog.abs(nullif({{.}}, 0))))::integer))
{{- end -}}
{{- /* The window and the filters as a text, for questions that make their query. */ -}}
{{- define "conditions" -}}
concat_ws(' AND ',
        'created_at > ' || quote_literal(((coalesce(until, now()) AT TIME ZONE 'UTC') - since) AT TIME ZONE 'UTC'),
        'created_at <= ' || quote_literal(coalesce(until, 'infinity')),
        'service_name = ANY (' || quote_literal(string_to_array(service, E'\n')) || ')',
        'http_method = ANY (' || quote_literal(string_to_array(method, E'\n')) || ')',
        'http_route = ANY (' || quote_literal(string_to_array(route, E'\n')) || ')',
        'deployment_environment = ANY (' || quote_literal(string_to_array(environment, E'\n')) || ')',
        'status::text LIKE ANY (' || quote_literal(string_to_array(replace(lower(with_status), 'x', '_'), E'\n')) || ')',
        '(account_id::text = ANY (' || quote_literal(string_to_array(of_account, E'\n'))
            || ') OR account_email = ANY (' || quote_literal(string_to_array(of_account, E'\n')) || '))'
    )
{{- end -}}
{{- /* Columns of the table, and what stands for those that it lacks: see below. */ -}}
{{- define "absent" -}}
(VALUES (NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, 1::double precision, NULL::jsonb)) AS absent (
                    service_name, deployment_environment, service_version, http_route, api_error_code, adjusted_count, statistics
                )
{{- end -}}
{{- define "count" -}}
{{template "absent"}} CROSS JOIN LATERAL (SELECT duration FROM %s%s WHERE %s) AS line
{{- end -}}
{{- /* How many lines a window has. A thousandth of the pages tells whether they are many. Up to a
million lines are counted, and sampled line by line, by their time. More are sampled by pages, which
are those of whole partitions. */ -}}
{{- define "number of lines" -}}
{{if not .Distributed -}}
EXECUTE format('SELECT 1000 * count(*) FROM {{template "count"}}', lines, ' TABLESAMPLE SYSTEM (0.1)', found) INTO counted;
        by_pages := counted > 1000000;
        {{end -}}
        IF NOT by_pages THEN
            EXECUTE format('SELECT count(*) FROM {{template "count"}}', lines, '', found) INTO counted;
        END IF;
{{- end -}}
{{- /* A percentage of the pages, or of the lines. */ -}}
{{- define "pages of" -}}
CASE WHEN by_pages AND {{.}} < 100 THEN format(' TABLESAMPLE SYSTEM (%s)', {{.}}) ELSE '' END
{{- end -}}
{{- define "lines of" -}}
found || CASE WHEN NOT by_pages AND {{.}} < 100 THEN format(' AND random() < %s', {{.}} / 100) ELSE '' END
{{- end -}}
-- Most other questions read lines through this function. The planner inlines it into them,
-- so unused columns cost nothing and the conditions on created_at prune partitions.
--
-- BEGIN ATOMIC binds the functions, operators and types of the other questions when they are
-- created, so that nobody's schema in the caller's search_path can slip in its own. The body
-- of this one is text, so that it does not depend on the table, which can be altered and
-- dropped: it qualifies all names.
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
    statistics jsonb,
    service_version text,
    deployment_environment text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        line.created_at,
        line.service_name::pg_catalog.text,
        line.http_method::pg_catalog.text,
        line.http_route::pg_catalog.text,
        line.http_path::pg_catalog.text,
        line.status::integer,
        line.duration::interval,
        line.adjusted_count::double precision,
        line.api_error_code::pg_catalog.text,
        coalesce(line.api_error_cause, line.api_error_message, line.api_error_internal_code, line.api_error_code)::pg_catalog.text,
        line.account_id::pg_catalog.text,
        line.account_email::pg_catalog.text,
        line.ip::pg_catalog.inet,
        line.user_agent::pg_catalog.text,
        line.request_id::pg_catalog.uuid,
        line.trace_id::pg_catalog.text,
        line.statistics::pg_catalog.jsonb,
        line.service_version::pg_catalog.text,
        line.deployment_environment::pg_catalog.text
    FROM (
        VALUES (
            1::double precision, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text,
            NULL::pg_catalog.inet, NULL::pg_catalog.text, NULL::pg_catalog.uuid, NULL::pg_catalog.text, NULL::pg_catalog.jsonb,
            NULL::pg_catalog.text, NULL::pg_catalog.text
        )
    ) AS absent (
        adjusted_count, service_name, http_route, http_path, api_error_code, api_error_cause, api_error_message,
        api_error_internal_code, account_id, account_email, ip, user_agent, request_id, trace_id, statistics,
        service_version, deployment_environment
    )
    CROSS JOIN LATERAL (
        SELECT
            created_at, service_name, http_method, http_route, http_path, status, duration, adjusted_count,
            api_error_code, api_error_cause, api_error_message, api_error_internal_code,
            account_id, account_email, ip, user_agent, request_id, trace_id, statistics, service_version, deployment_environment
        FROM {{.Table}}
        WHERE created_at OPERATOR(pg_catalog.>) (((coalesce($2, pg_catalog.now()) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.-) $1) AT TIME ZONE 'UTC')
            AND created_at OPERATOR(pg_catalog.<=) coalesce($2, 'infinity')
    ) AS line
    WHERE ($3 IS NULL OR line.service_name OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($3, E'\n')))
        AND ($4 IS NULL OR line.http_method OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($4, E'\n')))
        AND ($5 IS NULL OR line.http_route OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($5, E'\n')))
        AND ($6 IS NULL OR line.deployment_environment OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($6, E'\n')))
        AND ($7 IS NULL OR line.status::pg_catalog.text OPERATOR(pg_catalog.~~) ANY (
            pg_catalog.string_to_array(pg_catalog.replace(pg_catalog.lower($7), 'x', '_'), E'\n')))
        AND ($8 IS NULL OR line.account_id::pg_catalog.text OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($8, E'\n'))
            OR line.account_email::pg_catalog.text OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($8, E'\n')))
$answer$;
COMMENT ON FUNCTION {{.Function "window"}} IS
'The lines of a window, for questions of your own. requests is how many requests a line stands for: sum it if lines were sampled. service, method, route, environment, with_status (404, 5xx) and of_account (an id or a mail address) can name several values, one on each line of the text; NULL means all.{{.Mark}}';
