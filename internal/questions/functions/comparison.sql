{{- /* Templates of the questions that compare the lines since a moment with those before it. */ -}}
{{- /* The probability that chance alone makes a ratio of likelihoods so large, whose double is the
    square of a normal variable: Mills' bound of that one's tail. */ -}}
{{- define "tail" -}}
least(1, pg_catalog.exp(-least(700, {{.}})) / pg_catalog.sqrt(4 * pg_catalog.pi() * {{.}}))
{{- end -}}
{{- /* The probability that chance alone makes the share of x in n lines exceed that of y in m by so
    much, from the ratio of likelihoods of a two-by-two table with half a line moved in favour of chance. */ -}}
{{- define "chance of shares" -}}
(
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN {{template "tail" "greatest(ratio, 0.05)"}} ELSE 1 END
            FROM (VALUES ({{.}})) AS shares (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (
                    VALUES
                        (x - 0.5, n * (x + y) / (n + m)),
                        (n - x + 0.5, n * (n + m - x - y) / (n + m)),
                        (y + 0.5, m * (x + y) / (n + m)),
                        (m - y - 0.5, m * (n + m - x - y) / (n + m))
                ) AS cell (found, expected)
                WHERE found > 0 AND expected > 0
            ) AS likelihood (ratio)
        )
{{- end -}}
{{- /* The same for x lines in a time of n and y lines in a time of m: the share of x in both. */ -}}
{{- define "chance of rates" -}}
(
            SELECT CASE WHEN (x - 0.5) * m > (y + 0.5) * n THEN {{template "tail" "greatest(ratio, 0.05)"}} ELSE 1 END
            FROM (VALUES ({{.}})) AS rates (x, n, y, m)
            CROSS JOIN LATERAL (
                SELECT pg_catalog.sum(found * pg_catalog.ln(found / expected))
                FROM (VALUES (x - 0.5, (x + y) * n / (n + m)), (y + 0.5, (x + y) * m / (n + m))) AS cell (found, expected)
                WHERE found > 0
            ) AS likelihood (ratio)
        )
{{- end -}}
{{- /* CTEs that follow "part": rows of a series, with a bucket and the requests n in it, or with
    sums of a series. since tells the two sides apart. The dot is the columns of a series. Of the slowest
    requests of both sides together, 5 percent and a quarter, either side has the same share without a
    change (Mood). Of a percentile, the confidence interval is between the order statistics that 95 percent of
    samples of so many lines have around it. */ -}}
{{- define "sides" -}}
counted AS (
        SELECT
            {{.}}, since, bucket,
            pg_catalog.sum(n) AS n,
            pg_catalog.sum(lines) AS lines,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(queries) AS queries,
            pg_catalog.sum(squares) AS squares
        FROM part
        GROUP BY {{.}}, since, bucket
    ),
    ranked AS (
        SELECT
            *,
            pg_catalog.sum(n) OVER (of_side ORDER BY bucket NULLS FIRST) AS upto,
            pg_catalog.sum(n) OVER of_side AS requests,
            pg_catalog.sum(lines) OVER of_side AS of_lines,
            pg_catalog.sum(n) OVER (of_both ORDER BY bucket NULLS FIRST) AS both_upto,
            pg_catalog.sum(n) OVER of_both AS both_requests
        FROM counted
        WINDOW of_side AS (PARTITION BY {{.}}, since), of_both AS (PARTITION BY {{.}})
    ),
    marked AS (
        SELECT
            *,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.95 * both_requests) OVER of_both AS tail,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND both_upto >= 0.75 * both_requests) OVER of_both AS quarter
        FROM ranked
        WINDOW of_both AS (PARTITION BY {{.}})
    ),
    side AS (
        SELECT
            {{.}}, since,
            pg_catalog.max(of_lines)::double precision AS lines,
            nullif(pg_catalog.max(requests), 0)::double precision AS requests,
            coalesce(pg_catalog.sum(failed) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS failed,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= tail) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longest,
            coalesce(pg_catalog.sum(n) FILTER (WHERE bucket >= quarter) / nullif(pg_catalog.max(requests), 0), 0)::double precision AS longer,
            (pg_catalog.sum(queries) / nullif(pg_catalog.max(requests), 0))::double precision AS queries,
            (pg_catalog.sum(squares) / nullif(pg_catalog.max(requests), 0))::double precision AS squares,
            pg_catalog.max(slowest) AS slowest,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.5 * requests) AS p50,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.95 * requests) AS p95,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= 0.99 * requests) AS p99,
            pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 - 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests) AS p95_low,
            coalesce(
                pg_catalog.min(bucket) FILTER (WHERE n > 0 AND upto >= (0.95 + 1.96 * pg_catalog.sqrt(0.0475 / nullif(of_lines, 0))) * requests),
                pg_catalog.max(bucket)
            ) AS p95_high
        FROM marked
        GROUP BY {{.}}, since
    )
{{- end -}}
{{- /* CTEs that follow "sides": both sides of a series in one row. */ -}}
{{- define "pairs" -}}
pair AS (
        SELECT
            {{.}},
            pg_catalog.row_number() OVER () AS pair_number,
            coalesce(pg_catalog.max(lines) FILTER (WHERE NOT since), 0) AS lines_before,
            coalesce(pg_catalog.max(lines) FILTER (WHERE since), 0) AS lines_since,
            pg_catalog.max(requests) FILTER (WHERE NOT since) AS requests_before,
            pg_catalog.max(requests) FILTER (WHERE since) AS requests_since,
            pg_catalog.max(failed) FILTER (WHERE NOT since) AS failed_before,
            pg_catalog.max(failed) FILTER (WHERE since) AS failed_since,
            pg_catalog.max(longest) FILTER (WHERE NOT since) AS longest_before,
            pg_catalog.max(longest) FILTER (WHERE since) AS longest_since,
            pg_catalog.max(longer) FILTER (WHERE NOT since) AS longer_before,
            pg_catalog.max(longer) FILTER (WHERE since) AS longer_since,
            pg_catalog.max(queries) FILTER (WHERE NOT since) AS queries_before,
            pg_catalog.max(queries) FILTER (WHERE since) AS queries_since,
            pg_catalog.max(squares) FILTER (WHERE NOT since) AS squares_before,
            pg_catalog.max(squares) FILTER (WHERE since) AS squares_since,
            pg_catalog.max(slowest) FILTER (WHERE NOT since) AS slowest_before,
            pg_catalog.max(slowest) FILTER (WHERE since) AS slowest_since,
            pg_catalog.max(p50) FILTER (WHERE NOT since) AS p50_before,
            pg_catalog.max(p50) FILTER (WHERE since) AS p50_since,
            pg_catalog.max(p99) FILTER (WHERE NOT since) AS p99_before,
            pg_catalog.max(p99) FILTER (WHERE since) AS p99_since,
            pg_catalog.max(p95) FILTER (WHERE NOT since) AS p95_before,
            pg_catalog.max(p95) FILTER (WHERE since) AS p95_since,
            pg_catalog.max(p95_low) FILTER (WHERE NOT since) AS p95_low_before,
            pg_catalog.max(p95_low) FILTER (WHERE since) AS p95_low_since,
            pg_catalog.max(p95_high) FILTER (WHERE NOT since) AS p95_high_before,
            pg_catalog.max(p95_high) FILTER (WHERE since) AS p95_high_since
        FROM side
        GROUP BY {{.}}
    )
{{- end -}}
{{- /* Each kind of change of a pair: its name, its family, how many times as much, its
    chance, and the smallest chance that it could have with as many lines of either kind. */ -}}
{{- define "slower" -}}
'slower', 'speed', pg_catalog.power(2, (p95_since - p95_before)::double precision / 16),
                    2 * least(
                        {{template "chance of shares" "longest_since * lines_since, lines_since, longest_before * lines_before, lines_before"}},
                        {{template "chance of shares" "longer_since * lines_since, lines_since, longer_before * lines_before, lines_before"}}
                    ),
                    2 * least(
                        {{template "chance of shares" "least(lines_since, longest_since * lines_since + longest_before * lines_before), lines_since, greatest(0, longest_since * lines_since + longest_before * lines_before - lines_since), lines_before"}},
                        {{template "chance of shares" "least(lines_since, longer_since * lines_since + longer_before * lines_before), lines_since, greatest(0, longer_since * lines_since + longer_before * lines_before - lines_since), lines_before"}}
                    )
{{- end -}}
{{- define "failing" -}}
'failing', 'failures', failed_since / greatest(failed_before, 0.5 / nullif(lines_before, 0)),
                    {{template "chance of shares" "failed_since * lines_since, lines_since, failed_before * lines_before, lines_before"}},
                    {{template "chance of shares" "least(lines_since, failed_since * lines_since + failed_before * lines_before), lines_since, greatest(0, failed_since * lines_since + failed_before * lines_before - lines_since), lines_before"}}
{{- end -}}
{{- define "more queries" -}}
'more queries', 'queries', queries_since / greatest(queries_before, 0.1),
                    CASE WHEN queries_since > queries_before AND least(lines_since, lines_before) >= 30
                        THEN {{template "tail" "greatest(pg_catalog.power(queries_since - queries_before, 2) / 2 / greatest((squares_since - queries_since * queries_since) / lines_since + (squares_before - queries_before * queries_before) / lines_before, 1e-6), 0.05)"}} ELSE 1 END,
                    CASE WHEN least(lines_since, lines_before) >= 30 THEN 0 ELSE 1 END
{{- end -}}
{{- /* The CTEs that follow "tested", of which each row is a test: the chance of each, if so many
    are made (Holm). What has too few lines to be found is not tested, so that many small routes do not
    hide what happens to a large one (Tarone). Each
    family is corrected apart from the others, of which the dot is the number. */ -}}
{{- define "corrected" -}}
attained AS (
        SELECT *, pg_catalog.row_number() OVER (PARTITION BY family ORDER BY attainable) AS place
        FROM tested
    ),
    bounded AS (
        SELECT *, coalesce(pg_catalog.max(place) FILTER (WHERE attainable * place * {{.}} <= 0.05) OVER (PARTITION BY family), 0) AS places
        FROM attained
    ),
    ordered AS (
        SELECT
            *,
            pg_catalog.row_number() OVER (PARTITION BY family ORDER BY chance) AS rank,
            pg_catalog.count(*) OVER (PARTITION BY family) AS tests
        FROM bounded
        WHERE attainable * (places + 1) * {{.}} <= 0.05
    ),
    corrected AS (
        SELECT *, least(1, {{.}} * pg_catalog.max(chance * (tests - rank + 1)) OVER (PARTITION BY family ORDER BY rank)) AS overall
        FROM ordered
    )
{{- end -}}
