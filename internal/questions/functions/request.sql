-- json keeps the order of columns, unlike jsonb. Each of the statistics becomes a field. A
-- table without trace_id or statistics is read through "absent", see window.sql.
{{.Create}} FUNCTION {{.Function "request"}}(
    id text,
    since interval DEFAULT '24 hours',
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    field text,
    value text
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT line.created_at, field.key, field.value
    FROM (VALUES (NULL::text, NULL::jsonb)) AS absent (trace_id, statistics)
    CROSS JOIN LATERAL (
        SELECT created_at, statistics::jsonb AS statistics, pg_catalog.to_json(found.*) AS columns
        FROM {{.Table}} AS found
        WHERE created_at > coalesce($3, pg_catalog.now()) - $2
            AND created_at <= coalesce($3, 'infinity')
            AND (
                trace_id = pg_catalog.lower(pg_catalog.replace($1, '-', ''))
                OR request_id::uuid = CASE WHEN $1 ~* '^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$' THEN $1::uuid END
            )
    ) AS line
    CROSS JOIN LATERAL (
        SELECT key, value, n
        FROM pg_catalog.json_each_text(line.columns) WITH ORDINALITY AS columns (key, value, n)
        WHERE key <> 'statistics'
        UNION ALL
        SELECT 'statistics.' || key, value, 1000 + n
        FROM pg_catalog.jsonb_each_text(line.statistics) WITH ORDINALITY AS statistics (key, value, n)
    ) AS field
    WHERE field.value IS NOT NULL
    ORDER BY line.created_at, line.columns ->> 'id'::text, field.n
$answer$;
COMMENT ON FUNCTION {{.Function "request"}} IS
'What happened in this request? All fields of the lines with this request id or trace id, one per row; a trace over several services has several lines.{{.Mark}}';
