SELECT
    http_method,
    http_route,
    count(*),
    (percentile_cont(0.50) WITHIN GROUP (ORDER BY duration)) AS p50,
    (percentile_cont(0.95) WITHIN GROUP (ORDER BY duration)) AS p95,
    (percentile_cont(0.99) WITHIN GROUP (ORDER BY duration)) AS p99
FROM canonical_api_line
WHERE http_method IN ('DELETE', 'PATCH', 'POST', 'PUT')
    AND created_at > now() - '24 hours'::interval
GROUP BY http_method, http_route
ORDER BY 3 DESC
LIMIT 10;
