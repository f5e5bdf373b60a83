-- Numbers of jsonb are numeric, and added up as such: to convert each takes longer
-- than all the rest. So would a weight that is converted where it is 1.
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
            sum(requests)::numeric AS requests,
            {{template "busy"}} AS busy,
            extract(epoch FROM {{template "busy"}}) AS seconds,
            coalesce(sum(weight * {{template "number" "db_num_queries"}}), 0) AS queries,
            coalesce(sum(weight * {{template "number" "self_duration"}}), 0) AS own,
            coalesce(sum(weight * {{template "number" "db_duration"}}), 0) AS database,
            coalesce(sum(weight * {{template "number" "db_acquire_duration"}}), 0) AS waiting,
            coalesce(sum(weight * {{template "number" "http_duration"}}), 0)
            + coalesce(sum(weight * {{template "number" "rpc_duration"}}), 0)
            + coalesce(sum(weight * {{template "number" "messaging_duration"}}), 0) AS outgoing
        FROM (
            SELECT *, CASE requests WHEN 1 THEN 1 ELSE requests::numeric END AS weight
            FROM {{template "lines" .}}
        ) AS lines
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name
$answer$;
COMMENT ON FUNCTION {{.Function "costs"}} IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, percent_busy each route''s part of it; the other shares are of the route''s own time and can exceed 100 where calls ran in parallel.{{.Mark}}';
