-- Lines are first added up once, in parallel, for each combination of the three kinds of
-- caller and of the weight. The sums are then added up for each kind.
{{.Create}} FUNCTION {{.Function "callers"}}(
    {{template "parameters"}},
    top integer DEFAULT 10
) RETURNS TABLE (
    kind text,
    caller text,
    requests bigint,
    percent_requests numeric,
    busy interval,
    refused bigint,
    failed bigint,
    last_at timestamptz,
    account_id text
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        kind,
        caller,
        pg_catalog.round(requests)::bigint,
        {{template "digits" "100 * requests / nullif(of_all, 0)"}},
        busy,
        pg_catalog.round(refused)::bigint,
        pg_catalog.round(failed)::bigint,
        last_at,
        CASE WHEN kind = 'account' THEN account_id END
    FROM (
        SELECT
            account_id,
            CASE WHEN grouping(account_id) = 0 THEN 'account' WHEN grouping(ip) = 0 THEN 'address' ELSE 'user agent' END AS kind,
            CASE WHEN grouping(account_id) = 0 THEN coalesce(pg_catalog.max(account_email), account_id)
                WHEN grouping(ip) = 0 THEN pg_catalog.host(ip) ELSE user_agent END AS caller,
            pg_catalog.sum(lines * requests) AS requests,
            pg_catalog.sum(busy * requests) AS busy,
            pg_catalog.sum(refused * requests) AS refused,
            pg_catalog.sum(failed * requests) AS failed,
            pg_catalog.max(last_at) AS last_at,
            pg_catalog.sum(pg_catalog.sum(lines * requests)) OVER (PARTITION BY grouping(account_id, ip)) AS of_all,
            pg_catalog.row_number() OVER by_load AS by_load,
            pg_catalog.row_number() OVER by_errors AS by_errors
        FROM (
            SELECT
                account_id,
                CASE WHEN account_id IS NULL THEN account_email END AS instead_of_id,
                pg_catalog.max(account_email) AS account_email,
                ip,
                user_agent,
                requests,
                pg_catalog.count(*) AS lines,
                pg_catalog.sum(duration) AS busy,
                pg_catalog.count(*) FILTER (WHERE status BETWEEN 400 AND 499) AS refused,
                pg_catalog.count(*) FILTER (WHERE {{template "failed"}}) AS failed,
                pg_catalog.max(created_at) AS last_at
            FROM {{template "lines" .}}
            GROUP BY account_id, instead_of_id, ip, user_agent, requests
        ) AS combinations
        GROUP BY GROUPING SETS ((account_id, instead_of_id), ip, user_agent)
        WINDOW
            by_load AS (PARTITION BY grouping(account_id, ip) ORDER BY pg_catalog.sum(lines * requests) DESC, account_id NULLS LAST),
            by_errors AS (PARTITION BY grouping(account_id, ip) ORDER BY pg_catalog.sum((refused + failed) * requests) DESC, account_id NULLS LAST)
    ) AS callers
    WHERE by_load <= top OR by_errors <= top AND refused + failed > 0
    ORDER BY kind, requests DESC, caller;
END;
COMMENT ON FUNCTION {{.Function "callers"}} IS
'Who hammers us, and for whom does it fail? The accounts, addresses and user agents with the most requests and those with the most errors (refused: status 400 to 499, failed: 500 and above, or an error beside a status below 400); busy is how long their requests ran in all. An account is shown by its mail address if it has one; NULL stands for requests without the value.{{.Mark}}';
