-- json keeps the order of columns, unlike jsonb. Each of the statistics becomes a field.
{{.Create}} FUNCTION {{.Function "request"}}(
    id text,
    since interval DEFAULT NULL,
    until timestamptz DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    field text,
    value text
)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT found.at, field.key, field.value
    FROM {{.Function "look_up"}}(id, ARRAY['request_id', 'trace_id']::text[], since, until, NULL) AS found
    CROSS JOIN LATERAL (
        SELECT columns.key, columns.value, columns.n
        FROM pg_catalog.json_each_text(found.line) WITH ORDINALITY AS columns (key, value, n)
        WHERE columns.key <> 'statistics'
        UNION ALL
        SELECT pg_catalog.concat('statistics.'::text, statistics.key), statistics.value, 1000::bigint + statistics.n
        FROM pg_catalog.jsonb_each_text(
            CASE pg_catalog.json_typeof(found.line -> 'statistics'::text) WHEN 'object' THEN (found.line -> 'statistics'::text)::jsonb END
        ) WITH ORDINALITY AS statistics (key, value, n)
    ) AS field
    WHERE field.value IS NOT NULL
    ORDER BY found.at, found.line ->> 'id'::text, field.n;
END;
COMMENT ON FUNCTION {{.Function "request"}} IS
'What happened in this request? All fields of the lines with this request id or trace id, one per row; a trace over several services has several lines.{{.Mark}}';
