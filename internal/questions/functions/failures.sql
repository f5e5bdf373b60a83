-- Each kind of error has a number by its frequency, and those beyond top share the next one.
-- LIMIT drops nothing: it and DISTINCT tell the planner how few kinds and steps there are.
{{.Create}} FUNCTION {{.Function "failures"}}(
    {{template "parameters"}},
    step interval DEFAULT NULL,
    top integer DEFAULT 10
) RETURNS TABLE (
    at timestamptz,
    status integer,
    error text,
    requests bigint
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    WITH counted AS (
        SELECT
            at,
            kind,
            CASE WHEN kind > top THEN NULL ELSE status END AS status,
            CASE WHEN kind > top THEN NULL ELSE error END AS error,
            pg_catalog.sum(requests) AS requests
        FROM (
            SELECT *, least(pg_catalog.dense_rank() OVER (ORDER BY of_all DESC, status, error), top + 1) AS kind
            FROM (
                SELECT *, pg_catalog.sum(requests) OVER (PARTITION BY status, error) AS of_all
                FROM (
                    SELECT at, status, error, pg_catalog.sum(requests) AS requests
                    FROM (
                        SELECT
                            {{template "step of"}} AS at,
                            status,
                            coalesce(error_code, pg_catalog.left(error_cause, 100)) AS error,
                            requests
                        FROM {{template "lines" .}}
                        WHERE status >= 400 OR error_code IS NOT NULL
                        {{template "fence"}}
                    ) AS lines
                    GROUP BY at, status, error
                ) AS steps
            ) AS summed
        ) AS ranked
        GROUP BY 1, 2, 3, 4
    )
    SELECT at, kinds.status, kinds.error, pg_catalog.round(coalesce(requests, 0))::bigint
    FROM (SELECT at FROM {{template "steps"}} AS steps (at) UNION SELECT DISTINCT at FROM counted) AS steps
    LEFT JOIN (SELECT DISTINCT kind, status, error FROM counted LIMIT top + 1) AS kinds ON true
    LEFT JOIN counted USING (at, kind)
    ORDER BY 1, 4 DESC, 2, 3;
END;
COMMENT ON FUNCTION {{.Function "failures"}} IS
'What broke when? Requests with a status of 400 and above, or with an error, by error, for every step of the window (a 60th of it unless given, at least a second, and whole hours from 60 hours on; days are UTC), zeros included. Errors beyond the top most frequent ones are counted together, under neither status nor error, as is a window without any.{{.Mark}}';
