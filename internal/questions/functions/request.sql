-- json keeps the order of columns, unlike jsonb. Each of the statistics becomes a field. A
-- table without trace_id or statistics is read through "absent", and names are qualified, see
-- window.sql.
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
    FROM (VALUES (NULL::pg_catalog.text, NULL::pg_catalog.jsonb)) AS absent (trace_id, statistics)
    CROSS JOIN LATERAL (
        SELECT created_at, statistics::pg_catalog.jsonb AS statistics, pg_catalog.to_json(found.*) AS columns
        FROM {{.Table}} AS found
        WHERE created_at OPERATOR(pg_catalog.>) (((coalesce($3, pg_catalog.now()) AT TIME ZONE 'UTC') OPERATOR(pg_catalog.-) $2) AT TIME ZONE 'UTC')
            AND created_at OPERATOR(pg_catalog.<=) coalesce($3, 'infinity')
            AND (
                trace_id OPERATOR(pg_catalog.=) pg_catalog.lower(pg_catalog.replace($1, '-', ''))
                OR request_id::pg_catalog.uuid OPERATOR(pg_catalog.=) CASE
                    WHEN $1 OPERATOR(pg_catalog.~*) '^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$' THEN $1::pg_catalog.uuid
                END
            )
    ) AS line
    CROSS JOIN LATERAL (
        SELECT key, value, n
        FROM pg_catalog.json_each_text(line.columns) WITH ORDINALITY AS columns (key, value, n)
        WHERE key OPERATOR(pg_catalog.<>) 'statistics'
        UNION ALL
        SELECT pg_catalog.concat('statistics.', key), value, 1000::bigint OPERATOR(pg_catalog.+) n
        FROM pg_catalog.jsonb_each_text(line.statistics) WITH ORDINALITY AS statistics (key, value, n)
    ) AS field
    WHERE field.value IS NOT NULL
    ORDER BY line.created_at, line.columns OPERATOR(pg_catalog.->>) 'id'::pg_catalog.text, field.n
$answer$;
COMMENT ON FUNCTION {{.Function "request"}} IS
'What happened in this request? All fields of the lines with this request id or trace id, one per row; a trace over several services has several lines.{{.Mark}}';
