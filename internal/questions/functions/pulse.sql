-- What overall, rate and spread say, from one reading of history and of the lines that it does not
-- hold: reading those takes most of the time.
{{.Create}} FUNCTION {{.Function "pulse"}}(
    {{template "parameters"}},
    step interval DEFAULT '1 hour'
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    per_second numeric,
    percent_instant numeric,
    percent_fast numeric,
    percent_slow numeric,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    buckets integer[],
    bucket_requests bigint[],
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        CASE WHEN whole IS NOT TRUE THEN {{template "digits" "coalesce(requests, 0) / extract(epoch FROM step)"}} END,
        {{template "digits" "100 * instant / nullif(requests, 0)"}},
        {{template "digits" "100 * (requests - instant - slow) / nullif(requests, 0)"}},
        {{template "digits" "100 * slow / nullif(requests, 0)"}},
        {{template "digits" "100 * refused / nullif(requests, 0)"}},
        {{template "digits" "100 * failed / nullif(requests, 0)"}},
        coalesce(lines, 0),
        least({{template "middle" "p50"}}, slowest),
        least({{template "middle" "p95"}}, slowest),
        least({{template "middle" "p99"}}, slowest),
        slowest,
        buckets,
        bucket_requests,
        {{template "accuracy"}}
    FROM {{template "steps"}} AS steps (at)
    FULL JOIN (
        SELECT
            whole,
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.sum(instant) AS instant,
            pg_catalog.sum(slow) AS slow,
            pg_catalog.sum(refused) AS refused,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(lines)::bigint AS lines,
            pg_catalog.max(slowest) AS slowest,
            {{template "bucket at" "0.5"}} AS p50,
            {{template "bucket at" "0.95"}} AS p95,
            {{template "bucket at" "0.99"}} AS p99,
            pg_catalog.array_agg(coalesce(bucket, -1) ORDER BY bucket NULLS FIRST) FILTER (WHERE n > 0) AS buckets,
            pg_catalog.array_agg(pg_catalog.round(n)::bigint ORDER BY bucket NULLS FIRST) FILTER (WHERE n > 0) AS bucket_requests
        FROM (
            SELECT *, {{template "reached" "PARTITION BY whole, at"}}
            FROM (
                SELECT
                    grouping(at) = 1 AS whole,
                    at,
                    bucket,
                    pg_catalog.sum(n) AS n,
                    pg_catalog.sum(lines) AS lines,
                    pg_catalog.max(slowest) AS slowest,
                    pg_catalog.sum(requests) AS requests,
                    pg_catalog.sum(instant) AS instant,
                    pg_catalog.sum(slow) AS slow,
                    pg_catalog.sum(refused) AS refused,
                    pg_catalog.sum(failed) AS failed
                FROM {{.Function "past"}}(since, until, {{template "filters"}}, step, by_route => false)
                GROUP BY GROUPING SETS ((at, bucket), (bucket))
            ) AS summed
        ) AS counted
        GROUP BY whole, at
    ) AS kept USING (at)
    ORDER BY at NULLS FIRST;
END;
COMMENT ON FUNCTION {{.Function "pulse"}} IS
'Are we fast, all in all and step by step? What overall, rate and spread say of a window from history, asked at once: the row without a time is the whole window. Steps are whole hours or days of UTC. The bucket i holds durations above 2^(i/16) and up to 2^((i+1)/16) microseconds; those of zero are in the bucket -1.{{.Mark}}';
