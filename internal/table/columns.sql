-- to_regclass follows the search_path and returns NULL, not an error, for a missing
-- table. Generated columns cannot be written. A foreign table has no key. Then come a
-- fingerprint of all that can be written, as in internal/store/check.sql, whether row level
-- security applies to this role, and whether there is a fence, which a table with a history has.
SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid, a.atttypmod, a.attgenerated OPERATOR(pg_catalog.<>) '',
    CASE
        WHEN c.relkind OPERATOR(pg_catalog.=) 'r' THEN ''
        WHEN c.relkind OPERATOR(pg_catalog.=) 'p' THEN ''
        WHEN c.relkind OPERATOR(pg_catalog.=) 'v' THEN 'a view'
        WHEN c.relkind OPERATOR(pg_catalog.=) 'm' THEN 'a materialized view'
        WHEN c.relkind OPERATOR(pg_catalog.=) 'f' THEN 'a foreign table'
        ELSE 'not a table'
    END,
    COALESCE(
        pg_catalog.bit_xor(pg_catalog.hashtextextended(a.attname::pg_catalog.text, a.atttypid::bigint OPERATOR(pg_catalog.*) 65536 OPERATOR(pg_catalog.+) a.atttypmod))
            FILTER (WHERE a.attgenerated OPERATOR(pg_catalog.=) '') OVER (),
        0
    ),
    pg_catalog.row_security_active(c.oid),
    EXISTS (
        SELECT
        FROM pg_catalog.pg_class fence
        WHERE fence.relnamespace OPERATOR(pg_catalog.=) c.relnamespace
            AND fence.relname::pg_catalog.text OPERATOR(pg_catalog.=) (c.relname::pg_catalog.text OPERATOR(pg_catalog.||) '_fence')
            AND fence.relkind OPERATOR(pg_catalog.=) 'S'
    ),
    pg_catalog.to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid
WHERE c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass($1)::pg_catalog.oid
    AND a.attnum OPERATOR(pg_catalog.>) 0
    AND NOT a.attisdropped
ORDER BY a.attnum;
