-- Makes the sparse indexes that find one line among many, and summarises what has been written.
-- The owner of the table runs this script every minute or so where the exporter must not run
-- DDL (database::create_schema: false). CONCURRENTLY works in no transaction, so without -1:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f schema/indexes.sql
--
-- For the table lines in the schema metrics:
--
--   sed 's/"public"\."canonical_api_line"/"metrics"."lines"/g' schema/indexes.sql | psql …
--
-- Generated from internal/index/script.sql: edit that.

-- Removes what a build that was cut off has left. No other build may run meanwhile.
SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %s', x.indexrelid::pg_catalog.regclass)
FROM pg_catalog.pg_partition_tree('"public"."canonical_api_line"') AS tree
JOIN pg_catalog.pg_index AS x ON x.indrelid = tree.relid AND NOT x.indisvalid
JOIN pg_catalog.pg_opclass AS o ON o.oid = x.indclass[0] AND o.opcname LIKE '%\_bloom\_ops'
WHERE tree.isleaf
\gexec

-- A range of 64 pages holds some 1,000 lines of half a kilobyte, and its bloom filter room for
-- 1,450 values, of which one range in a thousand is read in vain.
SELECT pg_catalog.format(
    'CREATE INDEX CONCURRENTLY ON %s USING brin (%I pg_catalog.%I (n_distinct_per_range = 1450, false_positive_rate = 0.001)) WITH (pages_per_range = 64, autosummarize = off)',
    tree.relid, a.attname, o.opcname
)
FROM pg_catalog.pg_partition_tree('"public"."canonical_api_line"') AS tree
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = tree.relid AND NOT a.attisdropped
JOIN pg_catalog.pg_opclass AS o ON o.opcname = CASE
    WHEN a.atttypid = 'pg_catalog.varchar'::pg_catalog.regtype THEN 'text'
    ELSE pg_catalog.format_type(a.atttypid, NULL)
END || '_bloom_ops'
WHERE tree.isleaf
    AND a.attname IN ('request_id', 'trace_id', 'account_id', 'idempotency_key')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = tree.relid AND x.indkey[0] = a.attnum AND x.indpred IS NULL
    )
ORDER BY tree.relid::pg_catalog.oid DESC, a.attnum
\gexec

-- All but the last 4 MB, which writers still fill. No writer or reader waits.
SET lock_timeout = '500ms';
SELECT i.oid::pg_catalog.regclass AS index, pg_catalog.sum(pg_catalog.brin_summarize_range(i.oid::pg_catalog.regclass, page)) AS summarized
FROM pg_catalog.pg_partition_tree('"public"."canonical_api_line"') AS tree
JOIN pg_catalog.pg_index AS x ON x.indrelid = tree.relid AND x.indisvalid
JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid AND 'pages_per_range=64' = ANY (i.reloptions)
CROSS JOIN LATERAL pg_catalog.generate_series(0, pg_catalog.pg_relation_size(tree.relid) / 8192 - 512 - 64, 64) AS pages (page)
WHERE tree.isleaf
GROUP BY i.oid
ORDER BY i.oid;
