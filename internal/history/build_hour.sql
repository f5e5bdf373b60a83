-- Builds the rows of the hour that begins at $2 and ends at $3 from its lines, and returns how
-- many series share the row of others.
--
-- A column that the table lacks is NULL: a name that the inner query does not know is resolved
-- outside it, in "absent". A partition that has been detached is read as well, as long as it
-- exists and its hours are not frozen.
WITH part AS MATERIALIZED (
    SELECT
        {{template "series"}},
        false AS other,
        bucket,
        {{template "weighted"}}
    FROM (
        SELECT
            {{template "series"}},
            requests AS weight,
            {{template "bucket"}} AS bucket,
            {{template "sums"}}
        FROM (
            SELECT
                line.service_name::text,
                line.deployment_environment::text,
                line.http_method::text,
                line.http_route::text,
                line.status::integer,
                line.duration::interval,
                coalesce(line.adjusted_count, 1)::numeric AS requests,
                line.api_error_code::text AS error_code,
                line.statistics::jsonb
            FROM (
                VALUES (1::double precision, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::jsonb)
            ) AS absent (adjusted_count, service_name, deployment_environment, http_method, http_route, api_error_code, statistics)
            CROSS JOIN LATERAL (
                {{- range $i, $table := .Tables}}
                {{- if $i}}
                UNION ALL
                {{- end}}
                SELECT service_name, deployment_environment, http_method, http_route, status, duration, adjusted_count, api_error_code, statistics
                FROM {{$table}}
                WHERE created_at >= $2 AND created_at < $3
                {{- end}}
            ) AS line
        ) AS lines
        GROUP BY {{template "series"}}, weight, bucket
    ) AS weights
),
{{template "ranked" .}},
added AS (
    INSERT INTO {{.Table.Hours}} (at, {{template "names" .}})
    SELECT $2, {{template "names" .}}
    FROM fresh
)
SELECT count(DISTINCT rank) FILTER (WHERE rank > $1) FROM ranked;
