{{- define "whole steps" -}}({{template "end"}} - pg_catalog.date_bin(step, {{template "end"}} - since, 'epoch')){{- end -}}
-- The window begins with a whole step, since hours do not live as long as days.
{{.Create}} FUNCTION {{.Function "history"}}(
    since interval DEFAULT '1 year',
    until timestamptz DEFAULT NULL,
    service text DEFAULT NULL,
    method text DEFAULT NULL,
    route text DEFAULT NULL,
    step interval DEFAULT '1 day',
    environment text DEFAULT NULL,
    with_status text DEFAULT NULL,
    of_account text DEFAULT NULL
) RETURNS TABLE (
    at timestamptz,
    requests bigint,
    percent_refused numeric,
    percent_failed numeric,
    lines bigint,
    p50 interval,
    p95 interval,
    p99 interval,
    slowest interval,
    accuracy text
)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    SELECT
        at,
        pg_catalog.round(coalesce(requests, 0))::bigint,
        {{template "digits" "100 * refused / nullif(requests, 0)"}},
        {{template "digits" "100 * failed / nullif(requests, 0)"}},
        coalesce(lines, 0),
        least({{template "middle" "p50"}}, slowest),
        least({{template "middle" "p95"}}, slowest),
        least({{template "middle" "p99"}}, slowest),
        slowest,
        {{template "accuracy"}}
    FROM (
        SELECT at AT TIME ZONE 'UTC'
        FROM pg_catalog.generate_series(pg_catalog.date_bin(step, {{template "end"}} - since, 'epoch'), {{template "end"}} - interval '1 us', step) AS steps (at)
    ) AS steps (at)
    FULL JOIN (
        SELECT
            at,
            pg_catalog.sum(requests) AS requests,
            pg_catalog.sum(refused) AS refused,
            pg_catalog.sum(failed) AS failed,
            pg_catalog.sum(lines)::bigint AS lines,
            pg_catalog.max(slowest) AS slowest,
            {{template "bucket at" "0.5"}} AS p50,
            {{template "bucket at" "0.95"}} AS p95,
            {{template "bucket at" "0.99"}} AS p99
        FROM (
            SELECT *, {{template "reached" "PARTITION BY at"}}
            FROM {{.Function "past"}}({{template "whole steps"}}, until, {{template "filters"}}, step, by_route => false)
        ) AS buckets
        GROUP BY at
    ) AS kept USING (at)
    ORDER BY at;
END;
COMMENT ON FUNCTION {{.Function "history"}} IS
'Were we ever faster? Requests, the shares that were refused and that failed in percent, and percentiles of requests, for every step (whole hours or days of UTC) from the one that the window begins in, for as long as history is kept. accuracy says how far off percentiles can be.{{.Mark}}';
