-- Numbers of jsonb are numeric: summing them so saves a conversion a line.
CREATE OR REPLACE FUNCTION {{.Function "costs"}}(
    {{template "parameters"}}
) RETURNS TABLE (
    service_name text,
    http_method text,
    http_route text,
    requests bigint,
    queries bigint,
    queries_each numeric,
    busy interval,
    percent_busy numeric,
    percent_own numeric,
    percent_database numeric,
    percent_waiting numeric,
    percent_outgoing numeric
)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        service_name,
        http_method,
        http_route,
        requests::bigint,
        queries::bigint,
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
            sum(duration * requests) AS busy,
            extract(epoch FROM sum(duration * requests)) AS seconds,
            coalesce(sum((statistics -> 'db_num_queries')::numeric * requests::numeric), 0) AS queries,
            coalesce(sum((statistics -> 'self_duration')::numeric), 0) AS own,
            coalesce(sum((statistics -> 'db_duration')::numeric), 0) AS database,
            coalesce(sum((statistics -> 'db_acquire_duration')::numeric), 0) AS waiting,
            coalesce(sum((statistics -> 'http_duration')::numeric), 0)
            + coalesce(sum((statistics -> 'rpc_duration')::numeric), 0)
            + coalesce(sum((statistics -> 'messaging_duration')::numeric), 0) AS outgoing
        FROM {{template "lines" .}}
        GROUP BY 1, 2, 3
    ) AS routes
    ORDER BY busy DESC, http_method, http_route, service_name
$$;
COMMENT ON FUNCTION {{.Function "costs"}} IS
'Is it us or the database, and which route runs the most queries? busy is how long requests ran in all, percent_busy each route''s part of it; the other shares are of the route''s own time and can exceed 100 where calls ran in parallel.{{.Mark}}';
