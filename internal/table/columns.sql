-- to_regclass follows the search_path and returns NULL, not an error, for a missing
-- table. Generated columns cannot be written. The last column is a
-- fingerprint of all, as in internal/store/check.sql.
SELECT n.nspname::text, c.relname::text, a.attname::text, a.atttypid, a.atttypmod,
    bit_xor(pg_catalog.hashtextextended(a.attname::text, a.atttypid::bigint * 65536 + a.atttypmod)) OVER ()
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.oid = to_regclass($1)
    AND a.attnum > 0
    AND NOT a.attisdropped
    AND a.attgenerated = ''
ORDER BY a.attnum;
