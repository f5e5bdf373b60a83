SELECT
    status,
    api_error_code,
    api_error_internal_code,
    count(*),
    count(DISTINCT account_id) AS accounts
FROM canonical_api_line
WHERE status >= 400
    AND created_at > now() - '24 hours'::interval
GROUP BY 1, 2, 3
ORDER BY 1, 4 DESC;
