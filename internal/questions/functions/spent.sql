-- The sums of costs, step by step.
{{.Create}} FUNCTION {{.Function "spent"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL,
    exact boolean DEFAULT false
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    queries numeric,
    busy interval,
    own interval,
    database interval,
    waiting interval,
    outgoing interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        pg_catalog.round(coalesce(queries, 0)),
        coalesce(busy, 0)::double precision * interval '1 s',
        coalesce(own, 0)::double precision * interval '1 s',
        coalesce(database, 0)::double precision * interval '1 s',
        coalesce(waiting, 0)::double precision * interval '1 s',
        coalesce(outgoing, 0)::double precision * interval '1 s',
        'exact'::text
    FROM {{template "steps"}} AS steps (at)
    FULL JOIN (
        SELECT
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(busy) AS busy,
            pg_catalog.sum(own) AS own,
            pg_catalog.sum(database) AS database,
            pg_catalog.sum(waiting) AS waiting,
            pg_catalog.sum(outgoing) AS outgoing
        FROM (
            SELECT at, requests, queries, busy, own, database, waiting, outgoing
            FROM (
                SELECT at, {{template "weighted"}}
                FROM (
                    SELECT at, per_line::numeric AS weight, {{template "sums"}}
                    FROM (
                        SELECT {{template "step of"}} AS at, requests AS per_line, duration, status, error_code, statistics
                        FROM {{template "lines" .}}
                        WHERE {{template "from lines" .}} OR NOT {{template "hourly"}}
                        {{template "fence"}}
                    ) AS lines
                    GROUP BY at, per_line
                ) AS weights
            ) AS counted
            UNION ALL
            SELECT at, requests, queries, busy, own, database, waiting, outgoing
            FROM {{.Function "past"}}(since, until, {{template "filters"}}, {{template "step"}}, by_route => false, with_statistics => true)
            WHERE NOT {{template "from lines" .}} AND {{template "hourly"}}
        ) AS sums
        GROUP BY at
    ) AS spent USING (at)
    ORDER BY at;
END;
COMMENT ON FUNCTION {{.Function "spent"}} IS
'Where does time go, step by step? How long requests ran in all, and of that in the service itself, in the database, waiting for a connection and in calls to others, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC). Calls that ran in parallel add up. Windows of more than three hours whose steps are whole hours are answered from history unless exact, with the same sums.{{.Mark}}';
