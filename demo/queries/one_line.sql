-- The request that repeated one statement most often; its statistics reveal the N+1.
SELECT *
FROM canonical_api_line
WHERE created_at > now() - '24 hours'::interval
ORDER BY (statistics -> 'db_max_repeat')::int DESC NULLS LAST, duration DESC
LIMIT 1;
