-- The transactions that are prepared on the workers of Citus.
SELECT pg_catalog.unnest(pg_catalog.string_to_array(answer.result, ','))
FROM pg_catalog.run_command_on_workers($command$
    SELECT pg_catalog.string_agg(gid, ',') FROM pg_catalog.pg_prepared_xacts WHERE database OPERATOR(pg_catalog.=) pg_catalog.current_database()
$command$) AS answer
WHERE answer.success;
