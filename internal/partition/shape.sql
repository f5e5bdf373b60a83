-- Says what $1 is partitioned by: whether the first column of its key is created_at in
-- ranges, how many columns follow that one, and the key as a definition has it. An
-- expression in the key has the number 0, which no column has.
SELECT
    c.relkind = 'p',
    COALESCE(
        p.partstrat = 'r' AND a.attname = 'created_at' AND a.atttypid = 'pg_catalog.timestamptz'::pg_catalog.regtype,
        false
    ),
    COALESCE(p.partnatts - 1, 0),
    COALESCE(pg_catalog.pg_get_partkeydef(c.oid), ''),
    COALESCE(pg_catalog.format_type(a.atttypid, a.atttypmod), '')
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = c.oid
LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
WHERE c.oid = pg_catalog.to_regclass($1::text);
