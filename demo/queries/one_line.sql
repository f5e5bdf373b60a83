-- The slowest of the requests that failed for want of another service.
SELECT *
FROM canonical_api_line
WHERE status = 503
    AND created_at > now() - '24 hours'::interval
ORDER BY duration DESC
LIMIT 1;
