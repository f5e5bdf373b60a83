-- The parts of a series are its requests by bucket, and sums; where they come twice they are
-- added up. Of all series the largest stay, as many as $1 says, and the others become one. Their order
-- is that of the keys, byte by byte, where they have as many lines.
--
-- Parts become one row each: between its first and its last bucket a series has a number for
-- each bucket, so zeros fill the gaps. NULL is the bucket of durations of zero.
{{define "ranked" -}}
ranked AS MATERIALIZED (
    SELECT
        *,
        dense_rank() OVER (
            ORDER BY other, of_series DESC, service_name COLLATE "C", deployment_environment COLLATE "C", http_method COLLATE "C", http_route COLLATE "C"
        ) AS rank
    FROM (SELECT *, sum(lines) OVER (PARTITION BY other, {{template "series"}}) AS of_series FROM part) AS part
),
capped AS (
    SELECT
        other OR rank > $1 AS other,
        CASE WHEN NOT other AND rank <= $1 THEN service_name END AS service_name,
        CASE WHEN NOT other AND rank <= $1 THEN deployment_environment END AS deployment_environment,
        CASE WHEN NOT other AND rank <= $1 THEN http_method END AS http_method,
        CASE WHEN NOT other AND rank <= $1 THEN http_route END AS http_route,
        bucket,
        sum(n) AS n,
        sum(lines) AS lines,
        max(slowest) AS slowest
        {{- range .Sums}},
        sum({{.}}) AS {{.}}
        {{- end}}
    FROM ranked
    GROUP BY 1, 2, 3, 4, 5, 6
),
fresh AS (
    SELECT
        {{template "series"}},
        other,
        sum(lines) FILTER (WHERE own_bucket)::bigint AS lines,
        max(slowest) AS slowest
        {{- range .Sums}},
        sum({{.}}) FILTER (WHERE own_bucket) AS {{.}}
        {{- end}},
        coalesce(sum(n) FILTER (WHERE bucket IS NULL), 0) AS zero,
        min(bucket) AS first,
        array_agg(CASE WHEN own_bucket THEN n ELSE 0 END ORDER BY i) FILTER (WHERE i IS NOT NULL) AS buckets
    FROM (
        SELECT capped.*, filled.i, filled.i IS NOT DISTINCT FROM capped.bucket AS own_bucket
        FROM (
            SELECT *, lead(bucket) OVER (PARTITION BY other, {{template "series"}} ORDER BY bucket) AS next
            FROM capped
        ) AS capped
        LEFT JOIN LATERAL generate_series(capped.bucket, coalesce(capped.next - 1, capped.bucket)) AS filled (i) ON true
    ) AS filled
    GROUP BY {{template "series"}}, other
)
{{- end -}}
{{define "names" -}}
{{template "series"}}, other, lines, slowest{{range .Sums}}, {{.}}{{end}}, zero, first, buckets
{{- end -}}
