-- Builds the rows of the day that begins at $2 and ends at $3 from its hours, and returns how
-- many series share the row of others because of it.
WITH hour AS MATERIALIZED (
    SELECT * FROM {{.Table.Hours}} WHERE at >= $2 AND at < $3
),
part AS MATERIALIZED (
    SELECT
        {{template "series"}},
        other,
        NULL::integer AS bucket,
        zero AS n,
        lines,
        slowest
        {{- range .Sums}},
        {{.}}
        {{- end}}
    FROM hour
    UNION ALL
    SELECT
        {{template "series"}},
        other,
        first + (counted.position - 1)::integer,
        counted.n,
        0,
        NULL
        {{- range .Sums}},
        0
        {{- end}}
    FROM hour
    CROSS JOIN LATERAL unnest(buckets) WITH ORDINALITY AS counted (n, position)
    WHERE counted.n <> 0
),
{{template "ranked" .}},
added AS (
    INSERT INTO {{.Table.Days}} (at, {{template "names" .}})
    SELECT $2, {{template "names" .}}
    FROM fresh
)
SELECT count(DISTINCT rank) FILTER (WHERE rank > $1 AND NOT other) FROM ranked;
