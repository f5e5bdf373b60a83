-- Lines of one weight are added up first, so that the weight is applied to sums and not to
-- each line. Numbers in jsonb are numeric and are added up as such: converting each would
-- take longer than everything else.
{{.Create}} FUNCTION {{.Function "costs"}}(
    {{template "parameters"}},
    exact boolean DEFAULT false
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    queries numeric,
    queries_each numeric,
    busy interval,
    percent_busy numeric,
    percent_own numeric,
    percent_database numeric,
    percent_waiting numeric,
    percent_outgoing numeric,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        service_name,
        http_method,
        http_route,
        requests::bigint,
        pg_catalog.round(queries),
        pg_catalog.round(queries / nullif(requests, 0), 1),
        busy,
        {{template "digits" "100 * seconds / nullif(pg_catalog.sum(seconds) OVER (), 0)"}},
        {{template "digits" "100 * own / nullif(seconds, 0)"}},
        {{template "digits" "100 * database / nullif(seconds, 0)"}},
        {{template "digits" "100 * waiting / nullif(seconds, 0)"}},
        {{template "digits" "100 * outgoing / nullif(seconds, 0)"}},
        'exact'::text
    FROM (
        SELECT
            service_name,
            http_method,
            http_route,
            pg_catalog.sum(lines * requests)::numeric AS requests,
            pg_catalog.sum(busy * requests) AS busy,
            extract(epoch FROM pg_catalog.sum(busy * requests)) AS seconds,
            coalesce(pg_catalog.sum(queries * requests::numeric), 0) AS queries,
            coalesce(pg_catalog.sum(own * requests::numeric), 0) AS own,
            coalesce(pg_catalog.sum(database * requests::numeric), 0) AS database,
            coalesce(pg_catalog.sum(waiting * requests::numeric), 0) AS waiting,
            coalesce(pg_catalog.sum(http * requests::numeric), 0)
            + coalesce(pg_catalog.sum(rpc * requests::numeric), 0)
            + coalesce(pg_catalog.sum(messaging * requests::numeric), 0)
            + coalesce(pg_catalog.sum(other * requests::numeric), 0) AS outgoing
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.sum({{template "number" "db_num_queries"}}) AS queries,
                pg_catalog.sum({{template "number" "self_duration"}}) AS own,
                pg_catalog.sum({{template "number" "db_duration"}}) AS database,
                pg_catalog.sum({{template "number" "db_acquire_duration"}}) AS waiting,
                pg_catalog.sum({{template "number" "http_duration"}}) AS http,
                pg_catalog.sum({{template "number" "rpc_duration"}}) AS rpc,
                pg_catalog.sum({{template "number" "messaging_duration"}}) AS messaging,
                pg_catalog.sum({{template "number" "other_duration"}}) AS other
            FROM {{template "lines" .}}
            WHERE {{template "from lines" .}}
            GROUP BY service_name, http_method, http_route, requests
        ) AS weights
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT
            service_name,
            http_method,
            http_route,
            pg_catalog.sum(requests),
            pg_catalog.sum(busy)::double precision * interval '1 s',
            pg_catalog.sum(busy),
            pg_catalog.sum(queries),
            pg_catalog.sum(own),
            pg_catalog.sum(database),
            pg_catalog.sum(waiting),
            pg_catalog.sum(outgoing)
        FROM {{.Function "past"}}(since, until, {{template "filters"}}, with_statistics => true)
        WHERE NOT {{template "from lines" .}}
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name;
END;
COMMENT ON FUNCTION {{.Function "costs"}} IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, and percent_busy the route''s share of that. The other shares are of the route''s own time and can exceed 100 if calls ran in parallel. Windows of more than three hours are answered from history unless exact, with the same sums.{{.Mark}}';
