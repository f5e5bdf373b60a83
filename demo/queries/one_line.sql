-- The slowest of the requests that failed by our fault, those first that failed for
-- want of another service.
SELECT *
FROM canonical_api_line
WHERE status >= 500
    AND created_at > now() - '24 hours'::interval
ORDER BY status DESC, duration DESC
LIMIT 1;
