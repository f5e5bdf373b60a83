-- Only lines that repeat a statement have db_max_repeat. The other statistics are read only
-- where it is high.
{{.Create}} FUNCTION {{.Function "n_plus_one"}}(
    {{template "parameters"}},
    repeats integer DEFAULT 10
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    statement text,
    requests bigint,
    lines bigint,
    typical_repeat numeric,
    highest_repeat numeric,
    queries numeric,
    in_database interval
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        service_name,
        http_method,
        http_route,
        statistics ->> 'db_max_repeat_query'::text,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.count(*),
        pg_catalog.percentile_disc(0.5) WITHIN GROUP (ORDER BY {{template "number" "db_max_repeat"}}),
        pg_catalog.max({{template "number" "db_max_repeat"}}),
        pg_catalog.round(pg_catalog.sum({{template "number" "db_num_queries"}} * requests::numeric)),
        pg_catalog.sum(({{template "number" "db_duration"}})::double precision * requests) * interval '1 s'
    FROM {{template "lines" .}}
    WHERE statistics -> 'db_max_repeat'::text >= pg_catalog.to_jsonb(repeats)
        AND pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) = 'number'
    GROUP BY 1, 2, 3, 4
    ORDER BY 9 DESC NULLS LAST, 1, 2, 3, 4;
END;
COMMENT ON FUNCTION {{.Function "n_plus_one"}} IS
'Which route runs one statement for each row (N+1)? Requests that ran one statement at least repeats times, grouped by that statement, with all their queries and the time spent in them; the most queries first.{{.Mark}}';
