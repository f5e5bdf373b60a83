-- The version before is the one that served most of the lines until the new one began. If it
-- serves beside the new one for at least half of the time, as it does beside a canary, only
-- what it served since then is compared, so that both had the same traffic.
--
-- There are far fewer routes and buckets than lines, which the planner does not know, so it would
-- sort the lines.
--
-- Routes are compared as in changes.sql, and the queries of a request by their means (Welch).
{{.Create}} FUNCTION {{.Function "deploys"}}(
    {{template "parameters"}},
    at_least numeric DEFAULT 1.2
) RETURNS TABLE (
    service_name text,
    deployment_environment text,
    service_version text,
    version_before text,
    began timestamptz,
    beside boolean,
    change text,
    times numeric,
    http_method text,
    http_route text,
    p95_before interval,
    p95_since interval,
    percent_failed_before numeric,
    percent_failed_since numeric,
    queries_before numeric,
    queries_since numeric,
    lines_before bigint,
    lines_since bigint,
    chance numeric,
    note text
)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET work_mem = '64MB'
SET jit = off
SET enable_sort = off
AS $answer$
DECLARE
    lines CONSTANT regclass := {{literal .Table.String}};
    found CONSTANT text := {{template "conditions"}};
    counted bigint;
    by_pages boolean := false;
    few double precision := 100;
    many double precision := 100;
    deployed jsonb;
BEGIN
    IF (SELECT relkind IN ('r', 'p', 'm') FROM pg_class WHERE oid = lines) THEN
        {{template "number of lines" .}}
        few := least(100, 100 * 100000.0 / greatest(counted, 1));
        many := least(100, 100 * 500000.0 / greatest(counted, 1));
    END IF;
    EXECUTE format($query$
        WITH version AS (
            SELECT
                line.service_name,
                line.deployment_environment,
                line.service_version,
                min(created_at) AS began,
                max(created_at) AS ended,
                count(*) AS lines,
                -- Versions that begin together, but for so much, were there before.
                (max(max(created_at)) OVER () - min(min(created_at)) OVER ()) / 100 AS margin
            FROM {{template "absent"}}
            CROSS JOIN LATERAL (
                SELECT created_at, service_name::text, deployment_environment::text, service_version::text
                FROM %1$s%2$s
                WHERE %3$s AND service_version IS NOT NULL
            ) AS line
            GROUP BY 1, 2, 3
        )
        SELECT jsonb_agg(version.*)
        FROM (
            SELECT
                version.service_name,
                version.deployment_environment,
                version.service_version,
                before.service_version AS version_before,
                version.began,
                before.ended > version.began + (version.ended - version.began) / 2 AS beside
            FROM version
            CROSS JOIN LATERAL (
                SELECT before.*
                FROM version AS before
                CROSS JOIN LATERAL (SELECT before.ended > version.began - version.margin) AS served (until_then)
                WHERE before.service_name IS NOT DISTINCT FROM version.service_name
                    AND before.deployment_environment IS NOT DISTINCT FROM version.deployment_environment
                    AND before.began < version.began - version.margin
                ORDER BY until_then DESC, CASE WHEN until_then THEN before.lines END DESC, before.ended DESC
                LIMIT 1
            ) AS before
        ) AS version
    $query$, lines, {{template "pages of" "few"}}, {{template "lines of" "few"}}) INTO deployed;

    RETURN QUERY EXECUTE format($query$
        WITH deploy AS MATERIALIZED (
            SELECT *
            FROM ROWS FROM (jsonb_to_recordset(%4$L) AS (
                service_name text, deployment_environment text, service_version text, version_before text, began timestamptz, beside boolean
            )) WITH ORDINALITY AS deploy (service_name, deployment_environment, service_version, version_before, began, beside, number)
        ),
        part AS (
            SELECT
                number,
                http_method,
                http_route,
                since,
                coalesce({{template "bucket"}}, -10000) AS bucket,
                sum(requests)::numeric AS n,
                count(*) AS lines,
                max(duration) AS slowest,
                (sum(requests) FILTER (WHERE {{template "failed"}}))::numeric AS failed,
                sum(requests * queries)::numeric AS queries,
                sum(requests * queries * queries)::numeric AS squares
            FROM (
                SELECT number, service_name, deployment_environment, service_version AS version, true AS since, timestamptz '-infinity' AS start
                FROM deploy
                UNION ALL
                SELECT number, service_name, deployment_environment, version_before, false, CASE WHEN beside THEN began ELSE '-infinity' END
                FROM deploy
            ) AS side
            JOIN (
                SELECT line.*
                FROM {{template "absent"}}
                CROSS JOIN LATERAL (
                    SELECT
                        created_at,
                        service_name::text,
                        deployment_environment::text,
                        service_version::text,
                        http_method::text,
                        http_route::text,
                        status,
                        api_error_code::text AS error_code,
                        duration,
                        coalesce(adjusted_count, 1)::double precision AS requests,
                        coalesce({{template "number" "db_num_queries"}}, 0)::double precision AS queries
                    FROM %1$s%2$s
                    WHERE %3$s AND service_version IS NOT NULL
                ) AS line
            ) AS line
                ON line.service_version = side.version
                AND line.service_name IS NOT DISTINCT FROM side.service_name
                AND line.deployment_environment IS NOT DISTINCT FROM side.deployment_environment
                AND line.created_at >= side.start
            GROUP BY 1, 2, 3, 4, 5
        ),
        {{template "sides" "number, http_method, http_route"}},
        {{template "pairs" "number, http_method, http_route"}},
        tested AS (
            SELECT pair.*, test.*
            FROM pair
            CROSS JOIN LATERAL (
                VALUES
                    ({{template "slower"}}),
                    ({{template "failing"}}),
                    ({{template "more queries"}})
            ) AS test (change, family, times, chance, attainable)
            WHERE lines_before > 0 AND lines_since > 0
        ),
        {{template "corrected" "3"}}
        SELECT
            deploy.service_name,
            deploy.deployment_environment,
            deploy.service_version,
            deploy.version_before,
            deploy.began,
            deploy.beside,
            coalesce(change, 'none found'),
            round(times::numeric, 1),
            http_method,
            http_route,
            {{template "middle" "p95_before"}},
            {{template "middle" "p95_since"}},
            {{template "digits" "100 * failed_before"}},
            {{template "digits" "100 * failed_since"}},
            round(queries_before::numeric, 1),
            round(queries_since::numeric, 1),
            lines_before::bigint,
            lines_since::bigint,
            {{template "digits" "greatest(overall, 1e-9)"}},
            %5$L::text
        FROM deploy
        LEFT JOIN (SELECT * FROM corrected WHERE overall <= 0.05 AND times >= %6$L::numeric) AS found USING (number)
        ORDER BY deploy.began DESC, deploy.service_name, deploy.deployment_environment, times DESC, change, http_method, http_route
    $query$, lines, {{template "pages of" "many"}}, {{template "lines of" "many"}}, deployed,
        CASE WHEN many < 100 THEN format('sampled: %s%% of the %s', round(many::numeric, 2), CASE WHEN by_pages THEN 'pages' ELSE 'lines' END) END, at_least);
END
$answer$;
COMMENT ON FUNCTION {{.Function "deploys"}} IS
'What did the deploy do? Each version of a service that began in the window against the one before it, on the routes that both served: where it has more of the slowest requests of both than chance explains, fails more often, or runs more queries, if that grew at_least so many times; the latest version first. beside says that both served at the same time, like a canary and the stable version, and are compared over that time. chance is the probability that chance alone makes any such change among all routes and versions; more than 0.05 is left out. p95 is within 2.2 percent; a large window is sampled, see note.{{.Mark}}';
