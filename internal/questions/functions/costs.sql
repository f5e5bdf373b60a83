-- Lines of one weight are added up first, so that the weight is applied to sums and not to
-- each line. Numbers in jsonb are numeric and are added up as such: converting each would
-- take longer than everything else.
{{.Create}} FUNCTION {{.Function "costs"}}(
    {{template "parameters"}}
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
    percent_outgoing numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $answer$
    SELECT
        service_name,
        http_method,
        http_route,
        requests::bigint,
        round(queries),
        round(queries / nullif(requests, 0), 1),
        busy,
        round(100 * seconds / nullif(sum(seconds) OVER (), 0), 1),
        round(100 * own / nullif(seconds, 0), 1),
        round(100 * database / nullif(seconds, 0), 1),
        round(100 * waiting / nullif(seconds, 0), 1),
        round(100 * outgoing / nullif(seconds, 0), 1)
    FROM (
        SELECT
            service_name,
            http_method,
            http_route,
            sum(lines * requests)::numeric AS requests,
            sum(busy * requests) AS busy,
            extract(epoch FROM sum(busy * requests)) AS seconds,
            coalesce(sum(queries * requests::numeric), 0) AS queries,
            coalesce(sum(own * requests::numeric), 0) AS own,
            coalesce(sum(database * requests::numeric), 0) AS database,
            coalesce(sum(waiting * requests::numeric), 0) AS waiting,
            coalesce(sum(http * requests::numeric), 0)
            + coalesce(sum(rpc * requests::numeric), 0)
            + coalesce(sum(messaging * requests::numeric), 0)
            + coalesce(sum(other * requests::numeric), 0) AS outgoing
        FROM (
            SELECT
                service_name,
                http_method,
                http_route,
                requests,
                count(*) AS lines,
                sum(duration) AS busy,
                sum({{template "number" "db_num_queries"}}) AS queries,
                sum({{template "number" "self_duration"}}) AS own,
                sum({{template "number" "db_duration"}}) AS database,
                sum({{template "number" "db_acquire_duration"}}) AS waiting,
                sum({{template "number" "http_duration"}}) AS http,
                sum({{template "number" "rpc_duration"}}) AS rpc,
                sum({{template "number" "messaging_duration"}}) AS messaging,
                sum({{template "number" "other_duration"}}) AS other
            FROM {{template "lines" .}}
            GROUP BY service_name, http_method, http_route, requests
        ) AS weights
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name
$answer$;
COMMENT ON FUNCTION {{.Function "costs"}} IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, and percent_busy the route''s share of that. The other shares are of the route''s own time and can exceed 100 if calls ran in parallel.{{.Mark}}';
