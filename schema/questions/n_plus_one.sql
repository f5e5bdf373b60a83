-- Only lines that repeat a statement have the number, and only of those whose
-- number is high is more of the statistics read.
CREATE OR REPLACE FUNCTION {{.Function "n_plus_one"}}(
    {{template "parameters"}},
    repeats integer DEFAULT 10
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    statement text,
    requests bigint,
    lines bigint,
    typical_repeat integer,
    highest_repeat integer,
    queries bigint,
    in_database interval
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        service_name,
        http_method,
        http_route,
        statistics ->> 'db_max_repeat_query',
        round(sum(requests))::bigint,
        count(*),
        percentile_disc(0.5) WITHIN GROUP (ORDER BY (statistics -> 'db_max_repeat')::integer),
        max((statistics -> 'db_max_repeat')::integer),
        round(sum((statistics -> 'db_num_queries')::integer * requests))::bigint,
        sum((statistics -> 'db_duration')::double precision * requests) * interval '1 s'
    FROM {{template "lines" .}}
    WHERE statistics -> 'db_max_repeat' >= to_jsonb(repeats)
    GROUP BY 1, 2, 3, 4
    ORDER BY 9 DESC NULLS LAST, 1, 2, 3, 4
$$;
COMMENT ON FUNCTION {{.Function "n_plus_one"}} IS
'Which route runs one statement for each row (N+1)? Requests that ran one statement at least as often as repeats says, by that statement, with all their queries and the time spent in them; the most queries first.{{.Mark}}';
