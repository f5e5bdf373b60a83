-- to_regclass follows the search_path and returns NULL, not an error, for a missing
-- table. Generated columns cannot be written. A foreign table has no key. The last column is a
-- fingerprint of all that can be written, as in internal/store/check.sql.
SELECT n.nspname::text, c.relname::text, a.attname::text, a.atttypid, a.atttypmod, a.attgenerated <> '',
    CASE c.relkind
        WHEN 'r' THEN ''
        WHEN 'p' THEN ''
        WHEN 'v' THEN 'a view'
        WHEN 'm' THEN 'a materialized view'
        WHEN 'f' THEN 'a foreign table'
        ELSE 'not a table'
    END,
    COALESCE(
        pg_catalog.bit_xor(pg_catalog.hashtextextended(a.attname::text, a.atttypid::bigint * 65536 + a.atttypmod))
            FILTER (WHERE a.attgenerated = '') OVER (),
        0
    )
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.oid = pg_catalog.to_regclass($1)::oid
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attnum;
