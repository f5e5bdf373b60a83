-- Only lines that repeat a statement have db_max_repeat. The other statistics are read only
-- where it is high. The median is that of counts, which several nodes can take.
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
        statement,
        pg_catalog.round(pg_catalog.sum(requests))::bigint,
        pg_catalog.sum(lines)::bigint,
        pg_catalog.min(repeat) FILTER (WHERE upto >= 0.5 * of_all),
        pg_catalog.max(repeat),
        pg_catalog.round(pg_catalog.sum(queries)),
        pg_catalog.sum(busy) * interval '1 s'
    FROM (
        SELECT
            *,
            pg_catalog.sum(lines) OVER (of_statement ORDER BY repeat) AS upto,
            pg_catalog.sum(lines) OVER of_statement AS of_all
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                statistics ->> 'db_max_repeat_query'::text AS statement,
                {{template "number" "db_max_repeat"}} AS repeat,
                pg_catalog.sum(requests) AS requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum({{template "number" "db_num_queries"}} * requests::numeric) AS queries,
                pg_catalog.sum(({{template "number" "db_duration"}})::double precision * requests) AS busy
            FROM {{template "lines" .}}
            WHERE statistics -> 'db_max_repeat'::text >= pg_catalog.to_jsonb(repeats)
                AND pg_catalog.jsonb_typeof(statistics -> 'db_max_repeat'::text) = 'number'
            GROUP BY 1, 2, 3, 4, 5
        ) AS repeated
        WINDOW of_statement AS (PARTITION BY service_name, http_method, http_route, statement)
    ) AS ranked
    GROUP BY 1, 2, 3, 4
    ORDER BY 9 DESC NULLS LAST, 1, 2, 3, 4;
END;
COMMENT ON FUNCTION {{.Function "n_plus_one"}} IS
'Which route runs one statement for each row (N+1)? Requests that ran one statement at least repeats times, grouped by that statement, with all their queries and the time spent in them; the most queries first.{{.Mark}}';
